package dev.memux.sim.world;

/**
 * The unreliable datagrams that each side sends once the handshake is complete.
 *
 * @param count how many
 * @param maxBytes the largest; they are of all sizes from {@link #LEAST_BYTES} on
 * @param everyNanos how long it waits after each
 */
record DatagramPlan(int count, long maxBytes, long everyNanos) {
  /** Room for the ordinal, by which each can be told from all others. */
  static final int LEAST_BYTES = Long.BYTES;

  static final DatagramPlan NONE = new DatagramPlan(0, LEAST_BYTES, 1);

  /** The size of the n-th. */
  int bytes(int n) {
    return LEAST_BYTES + (int) (n * 7919L % (maxBytes - LEAST_BYTES + 1));
  }
}
