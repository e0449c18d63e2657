package dev.memux.engine.mux;

/**
 * How much of something a peer may do: so much at once, so much a second, and more for what it has
 * earned. It costs nothing while nobody spends.
 */
public final class Allowance {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final long burst;
  private final long perSecond;
  private long left;
  private long earned;
  private long refilledAtNanos;
  private boolean started;

  /**
   * @param burst how much there is at first, and at most
   */
  public Allowance(long burst, long perSecond) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
  }

  /** Gives some back. */
  public void earn(long count) {
    earned += count;
  }

  /** Takes some, whether it is there or not. */
  public void spend(long count, long nowNanos) {
    refill(nowNanos);
    left -= count;
  }

  /** Whether more was spent than there was. */
  public boolean isOverdrawn() {
    return left < 0;
  }

  private void refill(long nowNanos) {
    if (!started) {
      started = true;
      refilledAtNanos = nowNanos;
    }
    long elapsed = Math.max(0, nowNanos - refilledAtNanos);
    // Beyond the time in which it fills up anyway the product could overflow.
    long due = elapsed / SECOND_NANOS > burst ? burst : elapsed * perSecond / SECOND_NANOS;
    if (due > 0) {
      refilledAtNanos = nowNanos;
    }
    left = Math.min(burst, left + due + earned);
    earned = 0;
  }
}
