package dev.memux.sim.world;

/**
 * Nothing that asks for an acknowledgement is sent above the congestion window, but probes (RFC 9002 §7.5) and one packet on
 * entering recovery (§7.3.2). Counts what the tap saw against the window that the sender itself declares.
 */
final class CongestionInvariant {
  private boolean watching;
  private long roomBytes;
  private long exemptions;
  private long ackElicitingBytes;
  private int ackElicitingPackets;

  /**
   * A sender is about to get its chance.
   *
   * @param exemptionsSoFar probes sent and recovery periods entered, over the connection's life
   */
  void beforeTransmit(long windowBytes, long bytesInFlight, long exemptionsSoFar) {
    watching = true;
    roomBytes = Math.max(0, windowBytes - bytesInFlight);
    exemptions = exemptionsSoFar;
    ackElicitingBytes = 0;
    ackElicitingPackets = 0;
  }

  void onPacketSent(int bytes, boolean ackEliciting) {
    if (watching && ackEliciting) {
      ackElicitingBytes += bytes;
      ackElicitingPackets++;
    }
  }

  void afterTransmit(long exemptionsSoFar, int maxDatagramBytes) {
    watching = false;
    long exemptBytes = (exemptionsSoFar - exemptions) * maxDatagramBytes;
    if (ackElicitingBytes > roomBytes + exemptBytes) {
      throw new Violation(
          CongestionInvariant.class,
          "%d packets of %d bytes in a window with room for %d, %d exempt"
              .formatted(ackElicitingPackets, ackElicitingBytes, roomBytes, exemptBytes));
    }
  }
}
