package dev.memux.engine.wire;

/**
 * How many packets of one packet number space have borne each ECN codepoint, as ACK frames of type
 * 0x03 tell the sender (RFC 9000 §13.4.1, §19.3.2).
 */
public final class EcnCounts {
  /** Codepoints of the IP header (RFC 3168 §5). */
  public static final int ECT_1 = 1;

  public static final int ECT_0 = 2;
  public static final int CE = 3;

  private long ect0;
  private long ect1;
  private long ce;

  /** Counts a packet that was in a datagram with this codepoint. */
  public void onPacket(int codepoint) {
    switch (codepoint) {
      case ECT_0 -> ect0++;
      case ECT_1 -> ect1++;
      case CE -> ce++;
      default -> {} // not ECN-capable
    }
  }

  /** No packet bore one. */
  public boolean isEmpty() {
    return (ect0 | ect1 | ce) == 0;
  }

  public long ect0() {
    return ect0;
  }

  public long ect1() {
    return ect1;
  }

  public long ce() {
    return ce;
  }
}
