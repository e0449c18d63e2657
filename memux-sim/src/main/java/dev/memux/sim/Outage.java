package dev.memux.sim;

/**
 * A link that comes and goes, beginning with up: up, down, up, down...
 *
 * @param upNanos how long it passes datagrams; positive
 * @param downNanos how long it then loses all of them; 0: never down
 */
public record Outage(long upNanos, long downNanos) {
  public static final Outage NONE = new Outage(1, 0);

  public Outage {
    if (upNanos <= 0 || downNanos < 0) {
      throw new IllegalArgumentException("up " + upNanos + " ns, down " + downNanos + " ns");
    }
  }

  boolean isDown(long elapsedNanos) {
    return downNanos > 0 && elapsedNanos % (upNanos + downNanos) >= upNanos;
  }
}
