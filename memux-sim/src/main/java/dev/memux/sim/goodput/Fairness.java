package dev.memux.sim.goodput;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.quic.CongestionControl;
import java.util.List;

/**
 * How flows have shared a bottleneck.
 *
 * @param queueProducts what its queue holds, in products of rate and round trip
 */
public record Fairness(double queueProducts, List<Flow> flows) {
  /**
   * One of them.
   *
   * @param bitsPerSecond of stream data, as the receiver read it
   */
  public record Flow(
      CongestionControl control, double bitsPerSecond, ConnectionStatistics sender) {}

  /** Jain's index: 1 if all have the same, one part of their number if one has it all. */
  public double jainIndex() {
    double sum = 0;
    double squares = 0;
    for (Flow flow : flows) {
      sum += flow.bitsPerSecond;
      squares += flow.bitsPerSecond * flow.bitsPerSecond;
    }
    return sum * sum / (flows.size() * squares);
  }

  /** What all have together of what the link can carry of UDP payload. */
  public double utilisation() {
    double sum = flows.stream().mapToDouble(Flow::bitsPerSecond).sum();
    int packetBytes = flows.getFirst().sender.packetBytes();
    double headers = (double) packetBytes / (packetBytes + GoodputLink.HEADER_BYTES);
    return sum / (SharedLink.RATE_BITS_PER_SECOND * headers);
  }

  /** What the flows of a control have together, of what all have. */
  public double share(CongestionControl control) {
    double all = 0;
    double own = 0;
    for (Flow flow : flows) {
      all += flow.bitsPerSecond;
      own += flow.control == control ? flow.bitsPerSecond : 0;
    }
    return own / all;
  }

  /** The least share of a flow, in parts of an equal one. */
  public double leastShare() {
    double sum = flows.stream().mapToDouble(Flow::bitsPerSecond).sum();
    double least = flows.stream().mapToDouble(Flow::bitsPerSecond).min().orElse(0);
    return least * flows.size() / sum;
  }
}
