package dev.memux.cli;

import dev.memux.lab.LinkEmulator;
import dev.memux.lab.LinkStatistics;
import dev.memux.lab.NetworkNamespace;
import dev.memux.sim.DropReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code memux lab link}: runs a command behind an emulated link. */
@Command(
    name = "link",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Run a command behind an emulated link, and a server at its other end.", ""},
    description = {
      "",
      "Both get a network of their own (a Linux network namespace) with nothing in it but the link:"
          + " the command has 10.77.0.1 and fd77::1, the server 10.77.0.2 and fd77::2. Any"
          + " program, TCP and UDP alike, goes through it as it is.",
      "",
      "An option that takes one value takes two as UP/DOWN as well: from the command, and to it.",
      "",
      "The exit code is the command's. What the link did is told on standard error at the end.",
      ""
    },
    footer = {
      "",
      "For example:",
      "  memux lab link --rate 1Mbit/10Mbit --delay 25ms --loss 1%% \\",
      "    --server './memux gateway --listen 10.77.0.2:8443' --ready ready \\",
      "    -- ./memux get https://10.77.0.2:8443/"
    })
final class LabLinkCommand implements Callable<Integer> {
  private static final long SERVER_STOP_SECONDS = 5;

  @Mixin private LinkOptions link = new LinkOptions();

  @Option(
      names = "--server",
      paramLabel = "COMMAND",
      description =
          "Run this with 'sh -c' at the other end, until the command has ended; what it writes goes"
              + " to standard error.")
  private @Nullable String server;

  @Option(
      names = "--ready",
      paramLabel = "TEXT",
      description = "Begin when the server has written a line with this text.")
  private @Nullable String ready;

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "What to run, after '--'.")
  private List<String> command = List.of();

  @Override
  public Integer call() throws InterruptedException {
    if (ready != null && server == null) {
      throw new CommandFailure(ExitCode.USAGE, "--ready is about the output of --server");
    }
    try (NetworkNamespace near = NetworkNamespace.create();
        NetworkNamespace far = NetworkNamespace.create();
        LinkEmulator emulator = LinkEmulator.join(near, far, link.up(), link.down(), link.seed())) {
      int exitCode = run(near, far);
      report("up", emulator.statisticsToFar());
      report("down", emulator.statisticsToNear());
      return exitCode;
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, "no emulated link: " + e.getMessage());
    }
  }

  private int run(NetworkNamespace near, NetworkNamespace far)
      throws IOException, InterruptedException {
    Process serving = null;
    try {
      if (server != null) {
        serving = startServer(far, server);
      }
      Process running = startCommand(near);
      Signals.onStop(running::destroy);
      return running.waitFor();
    } finally {
      if (serving != null) {
        stop(serving);
      }
    }
  }

  private Process startCommand(NetworkNamespace near) {
    try {
      return near.start(new ProcessBuilder(command).inheritIO());
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()));
    }
  }

  private Process startServer(NetworkNamespace far, String shellCommand)
      throws IOException, InterruptedException {
    Process process =
        far.start(new ProcessBuilder("sh", "-c", "exec " + shellCommand).redirectErrorStream(true));
    CountDownLatch seen = new CountDownLatch(1);
    Thread.ofVirtual().start(() -> forward(process, seen));
    if (ready != null) {
      seen.await();
      if (!process.isAlive()) {
        throw new CommandFailure(ExitCode.FAILURE, "the server ended before it was ready");
      }
    }
    return process;
  }

  /** Lets the server's lines through, and counts down at the one awaited, or at the end. */
  private void forward(Process process, CountDownLatch seen) {
    try (BufferedReader lines = process.inputReader()) {
      for (String line; (line = lines.readLine()) != null; ) {
        System.err.println(line);
        if (ready != null && line.contains(ready)) {
          seen.countDown();
        }
      }
      process.waitFor();
    } catch (IOException e) {
      // It was stopped.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      seen.countDown();
    }
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(SERVER_STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  private static void report(String direction, LinkStatistics statistics) {
    List<String> parts = new ArrayList<>();
    parts.add(statistics.packets() + " packets (" + Sizes.bytes(statistics.bytes()) + ")");
    for (DropReason reason : DropReason.values()) {
      long count = statistics.dropped().getOrDefault(reason, 0L);
      if (count > 0) {
        String name = reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        parts.add(count + " dropped (" + name + ")");
      }
    }
    parts.add(
        String.format(Locale.ROOT, "at most %.1f ms late", statistics.worstLatenessNanos() / 1e6));
    System.err.println("memux: link " + direction + ": " + String.join(", ", parts));
  }
}
