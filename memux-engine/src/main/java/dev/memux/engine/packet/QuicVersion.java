package dev.memux.engine.packet;

/** Values of the Version field of long headers (RFC 9000 §15). */
public final class QuicVersion {
  /** Reserved for Version Negotiation packets (RFC 8999 §5.4). */
  public static final int NEGOTIATION = 0;

  /** RFC 9000. */
  public static final int V1 = 1;

  private QuicVersion() {}
}
