package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;

/**
 * How many packets of one packet number space were sent with ECT(0), and what the peer said last of
 * the codepoints that it saw (RFC 9000 §13.4.2.1).
 */
final class EcnSpace {
  private long ect0;
  private long ect1;
  private long ce;

  private long marked;

  /** The most that the peer can have counted as ECT(0) or CE when the path was new. */
  private long possible;

  /** A packet left with ECT(0), or may have. */
  void onMarkedSent() {
    marked++;
    possible++;
  }

  /**
   * What is counted from now on is another path's. RFC 9000 Appendix A.4: what was counted before
   * is where it begins. Packets may be under way that have not been counted.
   */
  void onNewPath() {
    possible = Math.max(marked, ect0 + ce);
  }

  /** As the last report has it. */
  long ect0() {
    return ect0;
  }

  long ce() {
    return ce;
  }

  /** Takes a report. */
  void take(AckFrame ack) {
    if (ack.hasEcn()) {
      ect0 = ack.ect0();
      ect1 = ack.ect1();
      ce = ack.ce();
    }
  }

  /**
   * Whether a report can be true.
   *
   * @param newlyAcked how many packets it acknowledges that were sent with ECT(0)
   */
  boolean isPlausible(AckFrame ack, int newlyAcked) {
    long moreEct0 = ack.ect0() - ect0;
    long moreCe = ack.ce() - ce;
    // RFC 9000 §13.4.2.1. Fewer than were acknowledged: the codepoint is erased on the way, or
    // turned into ECT(1), which we never send. More than were sent: unmarked packets get one, and
    // a mark made of such a packet would say nothing of congestion.
    return moreEct0 >= 0
        && moreCe >= 0
        && moreEct0 + moreCe >= newlyAcked
        && ack.ect1() == ect1
        && ack.ect0() + ack.ce() <= possible;
  }
}
