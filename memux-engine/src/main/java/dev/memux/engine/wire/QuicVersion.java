package dev.memux.engine.wire;

import org.jspecify.annotations.Nullable;

/** The versions of QUIC that are spoken here (RFC 9000 §15). */
public enum QuicVersion {
  /** RFC 9000. */
  V1(0x00000001),

  /** RFC 9369: version 1 in other words, so that nobody takes the words for granted. */
  V2(0x6b3343cf);

  /** What Version Negotiation packets have in the Version field (RFC 8999 §6). */
  public static final int NEGOTIATION = 0;

  /** RFC 9000 §15: versions of the pattern 0x?a?a?a?a are nobody's. */
  private static final int RESERVED_MASK = 0x0f0f0f0f;

  private static final int RESERVED = 0x0a0a0a0a;

  private static final QuicVersion[] ALL = values();

  private final int code;

  QuicVersion(int code) {
    this.code = code;
  }

  /** The version with that code; null: it is not spoken here. */
  public static @Nullable QuicVersion of(int code) {
    for (QuicVersion version : ALL) {
      if (version.code == code) {
        return version;
      }
    }
    return null;
  }

  /**
   * Any of the versions that will never exist: named among real ones, it shows who cannot bear what
   * it does not know (RFC 9000 §6.3, RFC 9368 §3).
   *
   * @param random any number, to choose among them
   */
  public static int reserved(int random) {
    return (random & ~RESERVED_MASK) | RESERVED;
  }

  /** Whether the code is one of those that {@link #reserved} gives. */
  public static boolean isReserved(int code) {
    return (code & RESERVED_MASK) == RESERVED;
  }

  /** The Version field of long headers. */
  public int code() {
    return code;
  }

  /** As people call it: v1, v2. */
  @Override
  public String toString() {
    return this == V1 ? "v1" : "v2";
  }
}
