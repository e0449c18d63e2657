package dev.memux.gateway;

import java.nio.charset.StandardCharsets;

/** A piece of an answer's body. */
sealed interface BodyPart {
  long sizeBytes();

  /** What is in a file. */
  record FromFile(ByteRange range) implements BodyPart {
    @Override
    public long sizeBytes() {
      return range.sizeBytes();
    }
  }

  /** What stands between two parts of a file: ASCII. */
  record Text(String text) implements BodyPart {
    @Override
    public long sizeBytes() {
      return text.length();
    }

    byte[] bytes() {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
  }
}
