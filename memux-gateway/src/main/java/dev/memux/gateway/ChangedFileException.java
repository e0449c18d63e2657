package dev.memux.gateway;

import java.io.IOException;

/** A file is no longer what it was when it was opened. */
final class ChangedFileException extends IOException {
  private static final long serialVersionUID = 1;

  ChangedFileException(String message) {
    super(message);
  }
}
