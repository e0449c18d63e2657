package dev.memux.sim;

import dev.memux.engine.wire.EcnCounts;

/** What a link makes of the ECN codepoints (RFC 3168 §5) of the datagrams that it carries. */
public enum EcnTreatment {
  /** They stay as they are, or are set by the queue; see {@link LinkProfile#markBytes}. */
  KEEP,

  /** Erases them, as those do who take the two bits for a part of something else. */
  ERASE,

  /** Has all datagrams be ECT(0), also those that were not, and those that met congestion. */
  ECT_0,

  /** Has those that are ECN-capable be ECT(1). */
  ECT_1,

  /** Has those that are ECN-capable tell of congestion, whether they met it or not. */
  CE,

  /** Takes none that is ECN-capable. */
  DROP;

  /** The codepoint of a datagram that comes with {@code codepoint}. */
  int leaves(int codepoint) {
    boolean capable = codepoint != 0;
    return switch (this) {
      case KEEP, DROP -> codepoint;
      case ERASE -> 0;
      case ECT_0 -> EcnCounts.ECT_0;
      case ECT_1 -> capable ? EcnCounts.ECT_1 : codepoint;
      case CE -> capable ? EcnCounts.CE : codepoint;
    };
  }
}
