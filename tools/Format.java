import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format over every Java source of the tree, in one JVM.
 *
 * <p>The formatter parses with the javac of the JVM it runs in, and Maven may run on an older JDK
 * than the sources need. So the build starts this on the JDK that also compiles: {@code java
 * --class-path ... tools/Format.java check|apply ROOT}.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean check = args[0].equals("check");
    Path root = Path.of(args[1]).toRealPath();
    var command = new ArrayList<String>();
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    for (Path source : sources(root)) command.add(source.toString());

    var unformatted = new StringWriter();
    int status =
        new Main(new PrintWriter(unformatted), new PrintWriter(System.err, true), System.in)
            .format(command.toArray(String[]::new));
    if (!unformatted.toString().isEmpty()) {
      System.err.println("Not formatted; './mvnw -q -P format' formats them:");
      unformatted
          .toString()
          .lines()
          .map(file -> root.relativize(Path.of(file)))
          .forEach(System.err::println);
    }
    System.exit(status);
  }

  private static List<Path> sources(Path root) throws IOException {
    var sources = new ArrayList<>(javaFiles(root.resolve("tools")));
    try (Stream<Path> children = Files.list(root)) {
      for (Path module : children.filter(c -> Files.exists(c.resolve("pom.xml"))).toList()) {
        sources.addAll(javaFiles(module.resolve("src")));
      }
    }
    return sources;
  }

  private static List<Path> javaFiles(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) return List.of();
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }
}
