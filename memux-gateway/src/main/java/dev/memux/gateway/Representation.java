package dev.memux.gateway;

import java.nio.file.Path;
import java.time.Instant;

/** One of the forms in which a file's content can be sent (RFC 9110 §3.2). */
record Representation(Path file, ContentCoding coding, FileVersion version, Validators validators) {
  static Representation of(Path file, ContentCoding coding, FileVersion version, Instant now) {
    return new Representation(file, coding, version, Validators.of(version, coding, now));
  }

  long sizeBytes() {
    return version.sizeBytes();
  }
}
