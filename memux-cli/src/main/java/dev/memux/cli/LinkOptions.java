package dev.memux.cli;

import dev.memux.sim.BurstLoss;
import dev.memux.sim.LinkProfile;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** What an emulated link does to packets; each option for both directions, or one for each. */
final class LinkOptions {
  /** Packets that a queue always has room for when nothing is said about it. */
  private static final int MIN_QUEUE_BYTES = 16 * 1500;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      defaultValue = "0bit",
      description = "Of the bottleneck, as 10Mbit, IP headers included (default: without limit).")
  private String rate = "";

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "Time of flight, as 25ms: half of the round trip (default: ${DEFAULT-VALUE}).")
  private String delay = "";

  @Option(
      names = "--jitter",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "Up to this much more, order kept (default: ${DEFAULT-VALUE}).")
  private String jitter = "";

  @Option(
      names = "--queue",
      paramLabel = "SIZE",
      defaultValue = "auto",
      description =
          "What may wait for the bottleneck, as 64kB (default: rate times twice the delay, 24 kB"
              + " at least).")
  private String queue = "";

  @Option(
      names = "--loss",
      paramLabel = "SHARE",
      defaultValue = "0%",
      description = "Packets lost, each by itself, as 1.5%% (default: none).")
  private String loss = "";

  @Option(
      names = "--burst-loss",
      paramLabel = "ENTER:LEAVE",
      defaultValue = "0%:100%",
      description =
          "Loss in bursts: the chance that one begins with a packet, and that it ends with one, as"
              + " 0.2%%:30%% (default: none).")
  private String bursts = "";

  @Option(
      names = "--reorder",
      paramLabel = "SHARE:TIME",
      defaultValue = "0%:0ms",
      description = "Packets held back, and how long at most, as 1%%:5ms (default: none).")
  private String reorder = "";

  @Option(
      names = "--duplicate",
      paramLabel = "SHARE",
      defaultValue = "0%",
      description = "Packets that arrive twice (default: none).")
  private String duplicate = "";

  @Option(
      names = "--corrupt",
      paramLabel = "SHARE",
      defaultValue = "0%",
      description = "Packets with bits flipped (default: none).")
  private String corrupt = "";

  @Option(
      names = "--seed",
      paramLabel = "NUMBER",
      defaultValue = "1",
      description = "Of everything random (default: ${DEFAULT-VALUE}).")
  private long seed;

  long seed() {
    return seed;
  }

  /** From the command to the server. */
  LinkProfile up() {
    return profile(true);
  }

  /** From the server to the command. */
  LinkProfile down() {
    return profile(false);
  }

  private LinkProfile profile(boolean up) {
    long bitsPerSecond = read("--rate", rate, up, Quantity::rate);
    long delayNanos = read("--delay", delay, up, Quantity::nanos);
    String[] burst = pair("--burst-loss", bursts, up);
    String[] held = pair("--reorder", reorder, up);
    return LinkProfile.builder()
        .rateBitsPerSecond(bitsPerSecond)
        .delayNanos(delayNanos)
        .jitterNanos(read("--jitter", jitter, up, Quantity::nanos))
        .queueBytes(queueBytes(up, bitsPerSecond, delayNanos))
        .loss(read("--loss", loss, up, Quantity::probability))
        .bursts(
            new BurstLoss(
                say("--burst-loss", burst[0], Quantity::probability),
                say("--burst-loss", burst[1], Quantity::probability),
                0,
                1))
        .reorder(
            say("--reorder", held[0], Quantity::probability),
            say("--reorder", held[1], Quantity::nanos))
        .duplication(read("--duplicate", duplicate, up, Quantity::probability))
        .corruption(read("--corrupt", corrupt, up, Quantity::probability))
        .build();
  }

  private int queueBytes(boolean up, long bitsPerSecond, long delayNanos) {
    String text = direction(queue, up);
    if (!text.equals("auto")) {
      return (int) Math.min(say("--queue", text, Quantity::bytes), Integer.MAX_VALUE);
    }
    double product = bitsPerSecond / 8.0 * 2 * delayNanos / 1e9;
    return (int) Math.clamp(product, MIN_QUEUE_BYTES, Integer.MAX_VALUE);
  }

  private static String[] pair(String option, String value, boolean up) {
    String[] parts = direction(value, up).split(":", -1);
    if (parts.length != 2) {
      throw new CommandFailure(ExitCode.USAGE, option + ": two values with a colon, not " + value);
    }
    return parts;
  }

  private static <T> T read(String option, String value, boolean up, Function<String, T> reader) {
    return say(option, direction(value, up), reader);
  }

  private static <T> T say(String option, String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, option + ": " + e.getMessage());
    }
  }

  /** {@code up/down}, or one value for both. */
  private static String direction(String value, boolean up) {
    int slash = value.indexOf('/');
    return slash < 0 ? value : up ? value.substring(0, slash) : value.substring(slash + 1);
  }
}
