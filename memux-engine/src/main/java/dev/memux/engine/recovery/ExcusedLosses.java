package dev.memux.engine.recovery;

import java.util.Arrays;

/**
 * Packets whose loss is no sign of congestion on the path in use (RFC 9000 §9.4): those that went
 * to where the peer was before, and those that try out other paths.
 */
final class ExcusedLosses {
  /** Trying out a path takes a few; of those that are forgotten the loss counts. */
  static final int MAX_PROBES = 16;

  private final long[] probes = new long[MAX_PROBES];
  private int nextProbe;
  private long switchedAt;

  ExcusedLosses() {
    Arrays.fill(probes, SentSpace.NONE);
  }

  /** A path is tried out with that packet. */
  void onProbeSent(long packetNumber) {
    probes[nextProbe] = packetNumber;
    nextProbe = (nextProbe + 1) % MAX_PROBES;
  }

  /** That packet is the first that goes another way than those before. */
  void onPathSwitched(long packetNumber) {
    switchedAt = packetNumber;
  }

  boolean include(long packetNumber) {
    return packetNumber < switchedAt || isProbe(packetNumber);
  }

  /** Whether a path was tried out with that packet, not long ago. */
  boolean isProbe(long packetNumber) {
    for (long probe : probes) {
      if (probe == packetNumber) {
        return true;
      }
    }
    return false;
  }
}
