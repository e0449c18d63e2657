package dev.memux.engine.congestion;

import java.util.function.IntToLongFunction;

/**
 * An ideal sender in virtual time: each round trip it sends a full window at once and has each
 * packet acknowledged by itself.
 */
final class RoundTrips {
  static final int DATAGRAM = 1200;
  static final long MS = 1_000_000;

  private final IntToLongFunction rttNanos;
  private int round;
  long now = 1_000_000 * MS;

  /** A path whose round trip, by the number of the round, is {@code rttNanos}. */
  RoundTrips(IntToLongFunction rttNanos) {
    this.rttNanos = rttNanos;
  }

  static RoundTrips of(long millis) {
    return new RoundTrips(round -> millis * MS);
  }

  /** A round trip that grows by a fifth each time. */
  static RoundTrips growing() {
    return new RoundTrips(round -> (long) (50 * MS * Math.pow(1.2, round)));
  }

  /** So many round trips; the window after them. */
  long run(CongestionController controller, int rounds) {
    for (int i = 0; i < rounds; i++) {
      run(controller, false);
    }
    return controller.windowBytes();
  }

  /** A round trip. */
  void run(CongestionController controller, boolean applicationLimited) {
    long sent = now;
    long rtt = rttNanos.applyAsLong(round++);
    now += rtt;
    for (long left = controller.windowBytes(); left >= DATAGRAM; left -= DATAGRAM) {
      controller.onRttSample(sent, now, rtt, applicationLimited);
      controller.onPacketAcked(DATAGRAM, sent, now, applicationLimited);
    }
  }

  /** The last packet that was sent is lost. */
  void lose(CongestionController controller) {
    controller.onPacketsLost(now, ++now);
    now++;
  }

  /** Round trips until the window is back at {@code bytes}. */
  int roundsUntil(CongestionController controller, long bytes) {
    int rounds = 0;
    while (controller.windowBytes() < bytes) {
      run(controller, false);
      rounds++;
    }
    return rounds;
  }
}
