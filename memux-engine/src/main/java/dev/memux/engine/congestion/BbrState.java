package dev.memux.engine.congestion;

/**
 * What {@link Bbr} is doing, and how fast and how full that is (draft-ietf-ccwg-bbr, "Summary of
 * Control Behavior in the State Machine").
 */
enum BbrState {
  /** Looks for the rate of the path, twice as fast each round trip. */
  STARTUP(2.77, 2, false, true),

  /** Lets the queue go that this has made. */
  DRAIN(0.5, 2, false, false),

  /** Slower than the path, which leaves room for others. */
  PROBE_BW_DOWN(0.9, 2, true, false),

  /** As fast as the path. */
  PROBE_BW_CRUISE(1, 2, true, false),

  /** Fills the path for a round trip, so that what comes next is not blamed for too little. */
  PROBE_BW_REFILL(1, 2, true, true),

  /** Faster than the path, to see whether there is more. */
  PROBE_BW_UP(1.25, 2.25, true, true),

  /** Has little in flight, to see the round trip without a queue. */
  PROBE_RTT(1, 0.5, false, false);

  /** Of the estimated rate, when sending. */
  final double pacingGain;

  /** Of the estimated product of rate and round trip, in flight. */
  final double windowGain;

  /** Whether the rate of the path is known, and looked for again and again. */
  final boolean isProbeBw;

  /** Whether losses are the price of looking for more. */
  final boolean isAccelerating;

  BbrState(double pacingGain, double windowGain, boolean isProbeBw, boolean isAccelerating) {
    this.pacingGain = pacingGain;
    this.windowGain = windowGain;
    this.isProbeBw = isProbeBw;
    this.isAccelerating = isAccelerating;
  }
}
