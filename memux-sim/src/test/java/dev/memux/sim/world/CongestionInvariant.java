package dev.memux.sim.world;

/**
 * Nothing that asks for an acknowledgement is sent above the congestion window, but probes (RFC
 * 9002 §7.5) and one packet on entering recovery (§7.3.2). Counts what the tap saw against the
 * window that the sender itself declares.
 */
final class CongestionInvariant {
  private boolean watching;
  private long roomBytes;
  private long inFlightBefore;
  private long probesBefore;
  private long recoveriesSeen;
  private boolean recoveryPacketDue;
  private long ackElicitingBytes;
  private int ackElicitingPackets;

  /**
   * A sender is about to get its chance.
   *
   * @param probesSent over the connection's life
   * @param recoveries recovery periods entered, over the connection's life
   */
  void beforeTransmit(long windowBytes, long bytesInFlight, long probesSent, long recoveries) {
    watching = true;
    roomBytes = Math.max(0, windowBytes - bytesInFlight);
    inFlightBefore = bytesInFlight;
    probesBefore = probesSent;
    recoveryPacketDue |= recoveries > recoveriesSeen;
    recoveriesSeen = recoveries;
    ackElicitingBytes = 0;
    ackElicitingPackets = 0;
  }

  void onPacketSent(int bytes, boolean ackEliciting) {
    if (watching && ackEliciting) {
      ackElicitingBytes += bytes;
      ackElicitingPackets++;
    }
  }

  /**
   * It has had its chance.
   *
   * @param bytesInFlight as after {@link #beforeTransmit}: what left it meanwhile has made room,
   *     such as Initial packets, which a client forgets with its first Handshake packet (RFC 9002
   *     §6.4)
   */
  void afterTransmit(long probesSent, int maxDatagramBytes, long bytesInFlight) {
    watching = false;
    long forgottenBytes = Math.max(0, inFlightBefore + ackElicitingBytes - bytesInFlight);
    long allowedBytes = roomBytes + forgottenBytes + (probesSent - probesBefore) * maxDatagramBytes;
    if (ackElicitingBytes > allowedBytes && recoveryPacketDue) {
      recoveryPacketDue = false;
      allowedBytes += maxDatagramBytes;
    }
    if (ackElicitingBytes > allowedBytes) {
      throw new Violation(
          CongestionInvariant.class,
          "%d packets of %d bytes, room for %d, %d with probes and recovery"
              .formatted(ackElicitingPackets, ackElicitingBytes, roomBytes, allowedBytes));
    }
  }
}
