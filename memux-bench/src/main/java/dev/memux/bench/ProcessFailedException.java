package dev.memux.bench;

import java.io.IOException;

/** An end of a run that did not do what it was started for. */
final class ProcessFailedException extends IOException {
  private static final long serialVersionUID = 1;

  /** Says which, of which run. */
  ProcessFailedException(String message) {
    super(message);
  }
}
