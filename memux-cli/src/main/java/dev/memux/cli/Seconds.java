package dev.memux.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Times that options give in seconds. */
final class Seconds {
  private static final double MAX = 86_400;

  private Seconds() {}

  /** The time that the option says, or {@code otherwise} if it says nothing. */
  static Duration of(String option, @Nullable Double seconds, Duration otherwise) {
    if (seconds == null) {
      return otherwise;
    }
    if (!(seconds > 0 && seconds <= MAX)) {
      throw new CommandFailure(ExitCode.USAGE, option + " must be above 0, at most 86400 seconds");
    }
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
