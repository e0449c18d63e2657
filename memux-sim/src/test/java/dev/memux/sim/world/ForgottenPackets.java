package dev.memux.sim.world;

import dev.memux.engine.wire.RangeSet;
import dev.memux.sim.quic.TappedFrame;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which late packets one receiver may take for duplicates: those below what its peer knows to be
 * acknowledged (RFC 9000 §13.2.4), and those below more gaps than it keeps track of (§13.2.3). And
 * which it may not be able to open, as their numbers are too far back.
 */
final class ForgottenPackets {
  /** What a receiver keeps track of at least. */
  private static final int RANGES = 60;

  private static final int HALF_OF_ONE_BYTE = 128;

  private final TreeMap<Long, Long> largestByCarrier = new TreeMap<>();
  private final RangeSet arrived = new RangeSet();
  private long floor;

  /** The receiver sends an ACK frame in packet {@code carrier}. */
  void onAckSent(long carrier, TappedFrame.Ack ack) {
    largestByCarrier.put(carrier, ack.largest()[0]);
  }

  /** An ACK frame of the peer's has reached the receiver. */
  void onAckDelivered(TappedFrame.Ack ack) {
    for (int i = 0; i < ack.smallest().length; i++) {
      Map<Long, Long> acked =
          largestByCarrier.subMap(ack.smallest()[i], true, ack.largest()[i], true);
      for (long largest : acked.values()) {
        floor = Math.max(floor, largest + 1);
      }
      acked.clear();
    }
  }

  /** Whether the receiver may ignore the packet; to be asked when it is delivered. */
  boolean mayForget(long number) {
    boolean hidden = arrived.size() >= RANGES && arrived.start(arrived.size() - RANGES) > number;
    // RFC 9000 §17.1: a number of one byte is taken for a later one.
    boolean ambiguous = !arrived.isEmpty() && number <= arrived.max() - HALF_OF_ONE_BYTE + 1;
    return number < floor || hidden || ambiguous;
  }

  /** Returns whether it is the first copy. */
  boolean onDelivered(long number) {
    return arrived.add(number, number + 1);
  }
}
