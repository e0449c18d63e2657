package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/** The key exchange groups offered and accepted here (RFC 8446 §4.2.7). */
public enum NamedGroup {
  X25519(0x001d, 32),
  SECP256R1(0x0017, 65);

  private final int code;
  private final int shareBytes;

  NamedGroup(int code, int shareBytes) {
    this.code = code;
    this.shareBytes = shareBytes;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** Length of a key share of this group (RFC 8446 §4.2.8.2). */
  int shareBytes() {
    return shareBytes;
  }

  static @Nullable NamedGroup of(int code) {
    for (NamedGroup group : values()) {
      if (group.code == code) {
        return group;
      }
    }
    return null;
  }
}
