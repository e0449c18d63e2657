package dev.memux.tls;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A PEM file that cannot be read or used; the message names the file and the problem. */
public final class PemException extends IOException {
  private static final long serialVersionUID = 1L;

  PemException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
