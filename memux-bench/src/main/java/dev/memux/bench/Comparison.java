package dev.memux.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Compares transports over loopback: in each round every contender has a server and a client of its
 * own, in fresh processes, one contender after the other. What disturbs the machine for a while
 * disturbs all of them, and only the ratios of a comparison mean something.
 */
@Command(
    name = "memux-bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Compare transports over loopback, in interleaved rounds of fresh processes.", ""},
    description = {
      "",
      "Workloads:",
      "  bulk          one stream, --bytes",
      "  streams       100 streams of one connection, which share --bytes",
      "  requests      64 bytes for 1 KiB, 100 at once on one connection",
      "  requests-100  the same over 100 connections",
      "  handshakes    connections with a full handshake and one exchange, 16 at once",
      "  resumed       the same with sessions that are resumed",
      "  http3         GET of 1 KiB, 100 at once on two connections",
      "  http3-one-client  the same, all asked by the client of Netty's native QUIC",
      "",
      "Each has X25519, ECDSA P-256 (server and root), AES-128-GCM, and what it sends is compared.",
      ""
    })
final class Comparison implements Callable<Integer> {
  private static final double NOTEWORTHY_LOAD = 0.1;
  private static final double NANOS = 1e9;

  /** All streams have a share, of the smallest part of a warm-up, too. */
  private static final long MIN_BYTES = 1_000_000;

  /** What --quick makes of everything: it shows that all of it works, and measures nothing. */
  private static final long QUICK_BYTES = 20_000_000;

  private static final double QUICK_SECONDS = 0.5;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--contenders",
      split = ",",
      paramLabel = "NAME",
      description = "Separated by commas (default: all): ${COMPLETION-CANDIDATES}",
      completionCandidates = ContenderNames.class)
  private List<String> contenders = List.of();

  @Option(
      names = "--workloads",
      split = ",",
      paramLabel = "NAME",
      description = "Separated by commas (default: all).")
  private List<String> workloads = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      defaultValue = "1000000000",
      description = "bulk, streams: what is measured (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "The others: how long they are measured (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--warmup",
      paramLabel = "S",
      defaultValue = "15",
      description = "Seconds of the same before it is measured (default: ${DEFAULT-VALUE}).")
  private double warmupSeconds;

  @Option(
      names = "--packet-bytes",
      paramLabel = "N",
      defaultValue = "1452",
      description = "UDP payload of a full packet (default: ${DEFAULT-VALUE}).")
  private int packetBytes;

  @Option(
      names = "--limit",
      paramLabel = "S",
      defaultValue = "120",
      description =
          "Seconds after which a run that is not over is ended, and has failed; warm-up and what"
              + " is measured come on top (default: ${DEFAULT-VALUE}).")
  private double limitSeconds;

  @Mixin private JavaOptions java = new JavaOptions();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Add each run to this file, a JSON object a line; the table is then of all its lines.")
  private @Nullable Path json;

  @Option(
      names = "--quick",
      description = "One round of everything in little time: that it works, not how fast.")
  private boolean quick;

  /** For the help. */
  static final class ContenderNames implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return Contenders.all().keySet().iterator();
    }
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Comparison()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(rounds >= 1, "--rounds must be at least 1");
    require(bytes >= MIN_BYTES, "--bytes must be at least " + MIN_BYTES);
    require(seconds > 0 && warmupSeconds >= 0, "--seconds and --warmup are times");
    require(limitSeconds > 0, "--limit is a time");
    List<Workload> chosen = chosenWorkloads();
    List<String> names = chosenContenders();
    if (quick) {
      rounds = 1;
      bytes = Math.min(bytes, QUICK_BYTES);
      seconds = Math.min(seconds, QUICK_SECONDS);
      warmupSeconds = 0;
    }
    int failures = 0;
    Table table = new Table();
    if (json != null && Files.exists(json)) {
      for (String line : Files.readAllLines(json)) {
        table.add(Run.parse(line));
      }
    }
    for (int round = 1; round <= rounds; round++) {
      for (Workload workload : chosen) {
        for (String name : names) {
          if (Contenders.of(name).workloads().contains(workload)) {
            try {
              Run run = run(name, workload);
              table.add(run);
              report(round, run);
            } catch (ProcessFailedException e) {
              failures++;
              System.err.println(e.getMessage());
            }
          }
        }
      }
      Collections.reverse(names); // whoever is first has the cooler processor
    }
    System.out.println();
    System.out.print(table);
    if (failures > 0) {
      System.err.println(failures + " of the runs failed");
    }
    return failures == 0 ? 0 : 1;
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private List<Workload> chosenWorkloads() {
    if (workloads.isEmpty()) {
      return Arrays.stream(Workload.values()).filter(each -> each != Workload.IDLE).toList();
    }
    try {
      return workloads.stream().map(Workload::of).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--workloads: " + e.getMessage());
    }
  }

  private List<String> chosenContenders() {
    List<String> names =
        new ArrayList<>(contenders.isEmpty() ? Contenders.all().keySet() : contenders);
    try {
      names.forEach(Contenders::of);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--contenders: " + e.getMessage());
    }
    return names;
  }

  private void report(int round, Run run) throws IOException {
    System.out.printf(
        Locale.ROOT,
        "%2d %-13s %-18s %10.2f %s%n",
        round,
        run.workload().label(),
        run.contender(),
        run.figures().rate(run.workload()),
        run.workload().unit());
    if (json != null) {
      Files.writeString(
          json, run.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  private Run run(String name, Workload workload) throws IOException, InterruptedException {
    double busy = Machine.busyShare();
    if (busy > NOTEWORTHY_LOAD) {
      System.err.printf(
          Locale.ROOT, "the machine is busy: others take %.0f %% of it%n", busy * 100);
    }
    Plan plan = new Plan((long) (warmupSeconds * NANOS), bytes, (long) (seconds * NANOS));
    Duration limit = Duration.ofNanos((long) ((warmupSeconds + seconds + limitSeconds) * NANOS));
    try (ProcessPair pair =
        ProcessPair.start(name, workload, packetBytes, plan, java.command(), limit)) {
      return Run.parse("{" + pair.client().await("{"));
    }
  }
}
