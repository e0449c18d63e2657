package dev.memux.lab;

import dev.memux.sim.DropReason;
import java.util.Map;

/**
 * What became of the packets in one direction of an emulated link.
 *
 * @param packets that the sender's stack put in
 * @param bytes IP headers included
 * @param delivered packets handed to the receiver's stack, copies and damaged ones included
 * @param dropped packets by reason; a reason without packets is absent
 * @param worstLatenessNanos how much later than the profile says a packet was handed over at worst:
 *     what the machine added
 */
public record LinkStatistics(
    long packets,
    long bytes,
    long delivered,
    Map<DropReason, Long> dropped,
    long worstLatenessNanos) {
  public LinkStatistics {
    dropped = Map.copyOf(dropped);
  }
}
