package dev.memux.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How processes are started: the same for every contender. */
final class JavaOptions {
  /**
   * A heap that all contenders can live in, and no more: where there is a lot of memory the JVM
   * would let garbage pile up, and whoever makes most of it would not pay.
   */
  private static final String DEFAULT =
      "-Xms256m -Xmx1g -XX:+UseG1GC -Dio.netty.leakDetection.level=disabled";

  @Option(
      names = "--java",
      paramLabel = "FILE",
      description = "What starts a JVM (default: the one that runs this).")
  private Path java = Path.of(System.getProperty("java.home"), "bin", "java");

  @Option(
      names = "--jvm",
      paramLabel = "OPTIONS",
      defaultValue = DEFAULT,
      description = "Of every process, separated by spaces (default: ${DEFAULT-VALUE}).")
  private String options = DEFAULT;

  /** What begins the command line of every process. */
  List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.addAll(List.of(options.split(" ")));
    return command;
  }
}
