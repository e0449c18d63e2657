package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/** The key exchange groups offered and accepted here (RFC 8446 §4.2.7), preferred ones first. */
public enum NamedGroup {
  /**
   * ML-KEM-768 and X25519 at once (draft-ietf-tls-ecdhe-mlkem): what is recorded today stays secret
   * although a quantum computer may break X25519 one day, and also if ML-KEM proves weak.
   */
  X25519MLKEM768(0x11ec),
  X25519(0x001d),
  SECP256R1(0x0017);

  private final int code;

  NamedGroup(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
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
