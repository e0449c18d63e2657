package dev.memux.sim.goodput;

import dev.memux.engine.ConnectionStatistics;

/**
 * What a bulk transfer has got of a link.
 *
 * @param bitsPerSecond of stream data, as the receiver read it
 * @param capacityBitsPerSecond what the path can carry of UDP payload
 * @param sender what the sender did, from the first packet on
 * @param receiver the same of the receiver
 */
public record Goodput(
    GoodputLink link,
    double bitsPerSecond,
    double capacityBitsPerSecond,
    ConnectionStatistics sender,
    ConnectionStatistics receiver) {
  /** Of the capacity. */
  public double share() {
    return bitsPerSecond / capacityBitsPerSecond;
  }

  /** Of what the link takes, whatever it loses. */
  public double shareOfLine() {
    return bitsPerSecond / link.lineBitsPerSecond(sender.packetBytes());
  }

  public boolean isSufficient() {
    return share() >= link.requiredShare();
  }
}
