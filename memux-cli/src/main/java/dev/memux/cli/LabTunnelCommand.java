package dev.memux.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux lab tunnel}: what a bulk copy does to those who share its connection. */
@Command(
    name = "tunnel",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Measure what a bulk copy does to those who share its connection.", ""},
    description = {
      "",
      "Somebody who waits for echoes, a Redis client and an endless copy go to the far end of an"
          + " emulated link: through 'memux tunnel' and 'memux gateway', with the copy less urgent"
          + " than the others and with all of them equals, and over one plain TCP connection. A"
          + " line for each: how long echoes took, a round trip + the full queue's delay + 10 ms,"
          + " which is all that 99 of 100 may take where the urgent goes first, the Redis client's"
          + " 99th percentile, and the rate of the copy.",
      "",
      "redis-server and redis-benchmark take part if they are installed (Debian: redis-server,"
          + " redis-tools).",
      ""
    },
    footer = {
      "",
      "For example:",
      "  memux lab tunnel --rate 10Mbit --delay 25ms --queue 15625B",
    })
final class LabTunnelCommand implements Callable<Integer> {
  @Mixin private LinkOptions link = new LinkOptions();

  @Option(
      names = "--seconds",
      paramLabel = "NUMBER",
      defaultValue = "20",
      description = "How long each is measured (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Override
  public Integer call() throws InterruptedException {
    if (link.down().rateBitsPerSecond() == 0) {
      throw new CommandFailure(ExitCode.USAGE, "--rate is needed: without one nothing waits");
    }
    if (seconds < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--seconds must be at least 1");
    }
    try {
      Path state = Files.createTempDirectory("memux-lab");
      TunnelExperiment experiment =
          new TunnelExperiment(link.up(), link.down(), seconds, state, RedisServer.isInstalled());
      System.out.println(TunnelExperiment.heading());
      for (TunnelExperiment.Sharing sharing : TunnelExperiment.Sharing.values()) {
        System.out.println(TunnelExperiment.line(sharing, experiment.run(sharing, link.seed())));
      }
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, "no experiment: " + e.getMessage());
    }
    return ExitCode.OK;
  }
}
