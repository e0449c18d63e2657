package dev.memux.interop;

import java.util.List;

/**
 * How a run ended.
 *
 * @param reasons what was wrong, or who does not support it
 * @param seconds that the client took
 */
record Outcome(Status status, List<String> reasons, double seconds) {
  /** The runner's three results. */
  enum Status {
    SUCCEEDED,
    FAILED,
    UNSUPPORTED
  }

  static Outcome unsupported(String by) {
    return new Outcome(Status.UNSUPPORTED, List.of("not supported by " + by), 0);
  }

  boolean isGreen() {
    return status == Status.SUCCEEDED;
  }
}
