package dev.memux.engine.recovery;

/**
 * Finds how large a datagram the path takes, as RFC 9000 §14.3 has DPLPMTUD (RFC 8899) done: probes
 * larger than what is known to arrive, one at a time, that carry nothing and whose loss is no sign
 * of congestion. What routers say of it (ICMP) plays no part.
 *
 * <p>It begins with data that fills packets: who sends little gains nothing from larger ones. The
 * sizes that links are known to have come first, then, below the first that does not arrive, halves
 * of what is left.
 *
 * <p>When only packets above the base size get lost, the path has changed and no longer takes them
 * (a black hole): then everything begins at the base again.
 */
public final class DatagramSizeSearch {
  private final int baseBytes;
  private int maxBytes;

  /** The size of full packets. */
  private int bytes;

  /** What this search is not going to try any more: it, or a smaller one, did not arrive. */
  private int refusedBytes;

  private int probeBytes;
  private long probeNumber = NO_PROBE;
  private int probesLost;
  private int fullPackets;
  private long nextSearchNanos = AT_ONCE;

  /** Losses since a packet above the base size was acknowledged. */
  private int suspiciousLosses;

  /**
   * @param baseBytes what the path is taken to carry (BASE_PLPMTU, RFC 8899 §5.1.2)
   * @param maxBytes what we would send at most (MAX_PLPMTU); the base: nothing is searched for
   */
  public DatagramSizeSearch(int baseBytes, int maxBytes) {
    this.baseBytes = baseBytes;
    this.maxBytes = maxBytes;
    onNewPath();
  }

  /** UDP payload of a full packet. */
  public int bytes() {
    return bytes;
  }

  /** The peer takes no UDP payload that is longer (RFC 9000 §18.2). */
  public void onPeerMaxUdpPayload(long peerBytes) {
    maxBytes = (int) Math.min(maxBytes, peerBytes);
    bytes = Math.min(bytes, maxBytes);
    refusedBytes = maxBytes + 1;
  }

  /** RFC 8899 §3: what is known is known of one path. */
  void onNewPath() {
    bytes = Math.min(baseBytes, maxBytes);
    beginSearch();
    suspiciousLosses = 0;
    nextSearchNanos = AT_ONCE;
  }

  /** A packet of full size left. */
  public void onFullPacketSent() {
    fullPackets++;
  }

  /**
   * Whether a probe should leave now.
   *
   * @return its size, 0 for no probe
   */
  public int probeDueBytes(long nowNanos) {
    if (fullPackets < FULL_PACKETS_PER_PROBE
        || probeNumber != NO_PROBE
        || bytes >= maxBytes
        || (nextSearchNanos != AT_ONCE && nowNanos < nextSearchNanos)) {
      return 0;
    }
    if (nextSearchNanos != AT_ONCE) {
      beginSearch();
      nextSearchNanos = AT_ONCE;
    }
    if (probesLost == 0) {
      probeBytes = nextSize();
      if (probeBytes == 0) {
        nextSearchNanos = nowNanos + RAISE_NANOS;
      }
    }
    return probeBytes;
  }

  /** The probe that was due left, in a packet of that number of the application's space. */
  public void onProbeSent(long packetNumber) {
    probeNumber = packetNumber;
    fullPackets = 0;
  }

  boolean isProbe(PacketSpace space, long packetNumber) {
    return space == PacketSpace.APPLICATION && packetNumber == probeNumber;
  }

  void onProbeAcked() {
    probeNumber = NO_PROBE;
    probesLost = 0;
    bytes = Math.min(probeBytes, maxBytes);
    suspiciousLosses = 0;
  }

  void onProbeLost() {
    probeNumber = NO_PROBE;
    // RFC 8899 §5.1.2: a single one may have been lost for another reason.
    if (++probesLost >= MAX_PROBES) {
      refusedBytes = probeBytes;
      probesLost = 0;
    }
  }

  /** A packet of that size has arrived. */
  void onAcked(int packetBytes) {
    if (packetBytes > baseBytes) {
      suspiciousLosses = 0;
    }
  }

  /**
   * Packets were declared lost, or none was acknowledged for so long that the probe timeout passed.
   *
   * @param smallestBytes the size of the smallest of them
   * @return whether that makes it a black hole (RFC 8899 §4.3)
   */
  boolean onLost(int smallestBytes, long nowNanos) {
    if (bytes <= baseBytes || smallestBytes <= baseBytes) {
      return false;
    }
    if (++suspiciousLosses < BLACK_HOLE_LOSSES) {
      return false;
    }
    onNewPath();
    nextSearchNanos = nowNanos + AFTER_BLACK_HOLE_NANOS;
    return true;
  }

  private void beginSearch() {
    refusedBytes = maxBytes + 1;
    probeBytes = 0;
    probeNumber = NO_PROBE;
    probesLost = 0;
    fullPackets = 0;
  }

  private int nextSize() {
    for (int size : COMMON_BYTES) {
      if (size > bytes && size < refusedBytes) {
        return size;
      }
    }
    if (refusedBytes > maxBytes) {
      return maxBytes;
    }
    int left = refusedBytes - bytes;
    return left > Math.max(LEAST_STEP_BYTES, bytes / LEAST_STEP_DIVISOR) ? bytes + left / 2 : 0;
  }

  /**
   * UDP payloads of full IP packets: Ethernet (IPv6 and IPv4), what data centres use, jumbo frames
   * (IPv6 and IPv4), then halves of loopback's 64 KB.
   */
  private static final int[] COMMON_BYTES = {
    1452, 1472, 4052, 8952, 8972, 16_384, 32_768, 65_487, 65_507
  };

  /** RFC 8899 §5.1.2, MAX_PROBES. */
  static final int MAX_PROBES = 3;

  /** So many full packets must have been sent before the first probe, and between two. */
  static final int FULL_PACKETS_PER_PROBE = 8;

  /** Where less than this, or this part of the size, is left to gain, the search is over. */
  private static final int LEAST_STEP_BYTES = 20;

  private static final int LEAST_STEP_DIVISOR = 32;

  /**
   * RFC 8899 §4.3: at each of these, and nothing above the base size has arrived in between. One
   * alone is what congestion looks like.
   */
  static final int BLACK_HOLE_LOSSES = 3;

  /** RFC 8899 §5.1.1, PMTU_RAISE_TIMER: when a search that is over begins again. */
  static final long RAISE_NANOS = 600_000_000_000L;

  /** The same after a black hole, which may have been a long outage. */
  static final long AFTER_BLACK_HOLE_NANOS = 60_000_000_000L;

  private static final long NO_PROBE = -1;
  private static final long AT_ONCE = Long.MIN_VALUE;
}
