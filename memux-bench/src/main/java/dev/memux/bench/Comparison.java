package dev.memux.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Bulk over loopback, one stream: memux's blocking API and Netty's native QUIC in turn, each side
 * with a server and a client of its own in fresh processes, round after round. What disturbs the
 * machine for a while disturbs both, and only the ratio of a run means something.
 */
@Command(
    name = "memux-bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Compare bulk over loopback with Netty's native QUIC, in interleaved rounds.")
final class Comparison implements Callable<Integer> {
  private static final long PATIENCE_SECONDS = 600;

  @Option(names = "--rounds", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--bytes",
      defaultValue = "2000000000",
      description = "What is measured (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Option(
      names = "--warmup",
      defaultValue = "1000000000",
      description = "What goes before (default: ${DEFAULT-VALUE}).")
  private long warmup;

  @Option(
      names = "--packet-bytes",
      defaultValue = "1452",
      description = "UDP payload of a full packet (default: ${DEFAULT-VALUE}).")
  private int packetBytes;

  /** The figures of one side's run. */
  private record Figures(double gigabitPerSecond, double cpuSecondsPerGigabyte) {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Comparison()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Figures> memux = new ArrayList<>();
    List<Figures> netty = new ArrayList<>();
    System.out.println("round  memux Gbit/s  CPU s/GB   native Gbit/s  CPU s/GB   ratio");
    for (int round = 1; round <= rounds; round++) {
      // Whoever is first has the cooler processor, so that they take turns.
      if (round % 2 == 1) {
        memux.add(memux());
        netty.add(nativeQuic());
      } else {
        netty.add(nativeQuic());
        memux.add(memux());
      }
      row(Integer.toString(round), memux.getLast(), netty.getLast());
    }
    row("median", median(memux), median(netty));
    return 0;
  }

  private static void row(String label, Figures memux, Figures netty) {
    System.out.printf(
        Locale.ROOT,
        "%-6s %12.3f  %8.2f   %13.3f  %8.2f   %5.2f%n",
        label,
        memux.gigabitPerSecond(),
        memux.cpuSecondsPerGigabyte(),
        netty.gigabitPerSecond(),
        netty.cpuSecondsPerGigabyte(),
        memux.gigabitPerSecond() / netty.gigabitPerSecond());
  }

  private static Figures median(List<Figures> all) {
    return new Figures(
        median(all.stream().mapToDouble(Figures::gigabitPerSecond).toArray()),
        median(all.stream().mapToDouble(Figures::cpuSecondsPerGigabyte).toArray()));
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private Figures memux() throws IOException, InterruptedException {
    String packet = "--packet-bytes=" + packetBytes;
    List<String> perf = List.of("dev.memux.cli.Main", "perf");
    Process server = start(perf, "server", "--listen=127.0.0.1:0", packet);
    try {
      String connect = "--connect=" + awaitReady(server);
      return figures(
          start(
              perf,
              "client",
              connect,
              packet,
              "--workload=bulk",
              "--bytes=" + bytes,
              "--warmup=" + warmup,
              "--json"));
    } finally {
      stop(server);
    }
  }

  private Figures nativeQuic() throws IOException, InterruptedException {
    String packet = Integer.toString(packetBytes);
    Process server = start(List.of(NativeServer.class.getName()), packet);
    try {
      String address = awaitReady(server);
      String port = address.substring(address.lastIndexOf(':') + 1);
      return figures(
          start(
              List.of(NativeClient.class.getName()),
              port,
              Long.toString(bytes),
              Long.toString(warmup),
              packet));
    } finally {
      stop(server);
    }
  }

  private static Process start(List<String> what, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(what);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static String awaitReady(Process server) throws IOException {
    BufferedReader output = output(server);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("ready: ")) {
        return line.substring("ready: ".length());
      }
    }
    throw new IOException("the server ended before it was ready");
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private Figures figures(Process client) throws IOException, InterruptedException {
    try {
      String line = output(client).readLine();
      if (line == null) {
        throw new IOException("the client ended without a result");
      }
      double cpu = number(line, "cpu_s_client") + number(line, "cpu_s_server");
      return new Figures(number(line, "gbit_per_s"), cpu * 1e9 / bytes);
    } finally {
      stop(client);
    }
  }

  /** A field of the line that both clients print. */
  static double number(String json, String field) throws IOException {
    Matcher matcher = Pattern.compile('"' + field + "\":([0-9.]+)").matcher(json);
    if (!matcher.find()) {
      throw new IOException("no " + field + " in " + json);
    }
    return Double.parseDouble(matcher.group(1));
  }

  private static BufferedReader output(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }
}
