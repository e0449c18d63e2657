package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.EcnCounts;

/**
 * Whether packets may say that they are ECN-capable, on the path in use (RFC 9000 §13.4.2, Appendix
 * A.4). The first packets say so, to test the path; when the peer has reported one of them as it
 * was sent, all do. From then on every report is checked against what was sent, and the first that
 * does not add up ends it: a path that changes codepoints could hide congestion.
 *
 * <p>Packets that leave together bear the same {@link #codepoint}. Those that only acknowledge bear
 * none by themselves: nobody would hear that they got lost.
 */
public final class EcnValidation {
  private enum State {
    /** Packets are marked, to see what becomes of them. */
    TESTING,
    /** Enough, or too many in vain: unmarked until the answer is there. */
    UNKNOWN,
    CAPABLE,
    FAILED
  }

  private State state = State.TESTING;
  private boolean marking;
  private boolean batchInFlight;

  /** Since the test began: marked packets in flight, and what became of others. */
  private int testedInFlight;

  private int tested;
  private int arrived;

  private int mostTested = MAX_TESTED_IN_HANDSHAKE;
  private long retestNanos = SentSpace.NEVER;
  private long congestionMarks;

  /** Packets are about to be made for the path in use. */
  public void beginBatch(long nowNanos) {
    if (nowNanos >= retestNanos) {
      begin();
    }
    marking = state == State.TESTING || state == State.CAPABLE;
    batchInFlight = false;
  }

  /** What the packets made since {@link #beginBatch} have to bear (RFC 3168 §5). */
  public int codepoint() {
    return batchInFlight ? EcnCounts.ECT_0 : 0;
  }

  /**
   * Packets are about to be made that bear no codepoint: for another path, of which nothing is to
   * be said, or so large that they may be lost for that reason.
   */
  public void beginUnmarkedBatch() {
    marking = false;
    batchInFlight = false;
  }

  /** Whether the path and the peer have shown that they can do it. */
  public boolean isCapable() {
    return state == State.CAPABLE;
  }

  /** Packets reported with CE (congestion experienced) while that was believed. */
  public long congestionMarks() {
    return congestionMarks;
  }

  /** Whether packets that are made now bear a codepoint, if one of them is in flight. */
  boolean isMarking() {
    return marking;
  }

  /** Another path is in use; the spaces have been told. */
  void onNewPath() {
    marking = false;
    begin();
  }

  /** What was lost before may have been lost for many reasons, so that one more test is due. */
  void onHandshakeConfirmed() {
    mostTested = MAX_TESTED;
    if (retestNanos != SentSpace.NEVER) {
      begin();
    }
  }

  private void begin() {
    state = State.TESTING;
    testedInFlight = 0;
    tested = 0;
    arrived = 0;
    retestNanos = SentSpace.NEVER;
  }

  /** A marked packet is in flight. */
  void onMarkedSent() {
    batchInFlight = true;
    testedInFlight++;
    // RFC 9000 §13.4.2: a few, as a path may drop what is marked.
    if (state == State.TESTING && ++tested >= mostTested) {
      state = State.UNKNOWN;
    }
  }

  /** A marked packet of this path was declared lost. */
  void onMarkedLost(long nowNanos) {
    testedInFlight--;
    judgeTest(nowNanos);
  }

  /** Nobody will ever know what became of marked packets: their keys are gone. */
  void onMarkedForgotten(int packets, long nowNanos) {
    testedInFlight -= packets;
    tested = Math.max(tested - packets, 0);
    judgeTest(nowNanos);
  }

  /**
   * A probe timeout expired: probes must arrive even where marked packets are dropped. Those on
   * their way are the test.
   *
   * @param count since the last acknowledgement
   */
  void onProbeTimeout(int count) {
    if (state == State.TESTING && arrived == 0 && tested > 0) {
      state = State.UNKNOWN;
    } else if (state == State.CAPABLE
        && count >= PROBE_TIMEOUTS_UNTIL_DOUBT
        && testedInFlight > 0) {
      state = State.UNKNOWN;
      tested = testedInFlight;
      arrived = 0;
    }
  }

  /**
   * An ACK frame has been taken.
   *
   * @param advanced whether it acknowledged a larger number than any before
   * @param marked how many packets of this path it newly acknowledged that had been sent with
   *     ECT(0)
   * @return how many packets it newly reports with CE, 0 where that is not to be believed
   */
  long onAck(EcnSpace space, AckFrame ack, boolean advanced, int marked, long nowNanos) {
    testedInFlight -= marked;
    arrived += marked;
    if (!advanced) {
      // RFC 9000 §13.4.2.1: it may have been overtaken, and its counts be old.
      return 0;
    }
    if (state == State.FAILED) {
      space.take(ack);
      return 0;
    }
    if (!ack.hasEcn()) {
      if (marked > 0) {
        state = State.FAILED; // RFC 9000 §13.4.2.1: the peer, or its host, cannot read codepoints
      }
      return 0;
    }
    boolean plausible = space.isPlausible(ack, marked);
    long asSent = ack.ect0() - space.ect0();
    long congested = ack.ce() - space.ce();
    space.take(ack);
    if (!plausible) {
      state = State.FAILED;
      return 0;
    }
    if (asSent > 0 && marked > 0) {
      state = State.CAPABLE;
    } else {
      judgeTest(nowNanos);
    }
    congestionMarks += congested;
    return congested;
  }

  /** All that was marked has met its end, and none of it arrived as it was sent. */
  private void judgeTest(long nowNanos) {
    if (state != State.UNKNOWN || testedInFlight > 0) {
      return;
    }
    if (tested == 0) {
      state = State.TESTING;
      return;
    }
    // RFC 9000 §13.4.2: whether all were lost or all came with CE, it is of no use.
    state = State.FAILED;
    if (arrived == 0) {
      retestNanos = nowNanos + RETEST_NANOS;
    }
  }

  /** RFC 9000 §13.4.2. The batch in which it is reached is finished. */
  static final int MAX_TESTED = 10;

  /**
   * The same before the handshake is confirmed: a server's first flight. A server that has sent
   * what it may to an address that is not validated (RFC 9000 §8.1) has no probe timeout that would
   * tell that nothing arrives.
   */
  static final int MAX_TESTED_IN_HANDSHAKE = 3;

  /** A path that has carried marked packets has another one lost before that is doubted. */
  static final int PROBE_TIMEOUTS_UNTIL_DOUBT = 2;

  /** All that was marked may have been lost in an outage. */
  static final long RETEST_NANOS = 60_000_000_000L;
}
