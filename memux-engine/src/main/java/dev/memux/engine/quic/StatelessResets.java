package dev.memux.engine.quic;

import java.util.random.RandomGenerator;

/**
 * Writes stateless resets, which tell a peer that its connection is gone (RFC 9000 §10.3), and
 * bounds how many leave.
 */
final class StatelessResets {
  /** RFC 9000 §10.3: 5 unpredictable bytes and the token. */
  static final int MIN_BYTES = 5 + ExpectedResets.TOKEN_BYTES;

  /**
   * Not more a second: who sends junk to IDs that have been in use once gets little of our time. A
   * restarted server still tells all it has lost within seconds, as each keeps asking.
   */
  static final int MAX_PER_SECOND = 10_000;

  /** At once, after a pause. */
  static final int MAX_BURST = 1_000;

  /** RFC 9000 §10.3.3: from this size on a reset looks like any packet with a short header. */
  private static final int INCONSPICUOUS_BYTES = 42;

  /** Packets that acknowledge are about as long, so that resets do not stand out by their size. */
  private static final int MAX_BYTES = 100;

  private static final long SECOND_NANOS = 1_000_000_000;
  private static final int FIXED_BITS = 0x40;
  private static final int FIXED_BITS_MASK = 0xc0;

  private final RandomGenerator random;
  private double allowed = MAX_BURST;
  private long countedNanos;
  private boolean counting;

  StatelessResets(RandomGenerator random) {
    this.random = random;
  }

  /** Whether a datagram of that size may be answered at all. */
  static boolean mayAnswer(int triggerBytes) {
    return triggerBytes > MIN_BYTES;
  }

  /** Takes one of those that may leave now; false: none. */
  boolean take(long nowNanos) {
    if (counting) {
      allowed += (double) (nowNanos - countedNanos) * MAX_PER_SECOND / SECOND_NANOS;
    }
    counting = true;
    countedNanos = nowNanos;
    allowed = Math.min(allowed, MAX_BURST);
    if (allowed < 1) {
      return false;
    }
    allowed--;
    return true;
  }

  /**
   * A stateless reset. RFC 9000 §10.3.3: it is smaller than what it answers, so that two ends that
   * answer each other's resets come to an end, and nobody can have us send more than was sent.
   *
   * @param triggerBytes size of the datagram that it answers, see {@link #mayAnswer}
   */
  byte[] write(byte[] token, int triggerBytes) {
    int largest = triggerBytes - 1;
    int bytes =
        largest <= INCONSPICUOUS_BYTES
            ? largest
            : INCONSPICUOUS_BYTES
                + random.nextInt(Math.min(largest, MAX_BYTES) - INCONSPICUOUS_BYTES + 1);
    byte[] reset = new byte[bytes];
    random.nextBytes(reset);
    reset[0] = (byte) ((reset[0] & ~FIXED_BITS_MASK) | FIXED_BITS);
    System.arraycopy(token, 0, reset, bytes - token.length, token.length);
    return reset;
  }
}
