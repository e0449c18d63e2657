package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every packet that asks for it is acknowledged within the delay that its receiver has announced
 * (RFC 9000 §13.2.1).
 */
final class AckDelayInvariant {
  private final long maxAckDelayNanos;
  private final Map<Side, TreeMap<Long, Long>> arrivalNanos = new EnumMap<>(Side.class);

  AckDelayInvariant(long maxAckDelayNanos) {
    this.maxAckDelayNanos = maxAckDelayNanos;
    for (Side side : Side.values()) {
      arrivalNanos.put(side, new TreeMap<>());
    }
  }

  /** An ack-eliciting 1-RTT packet has arrived that the receiver cannot but process. */
  void onArrived(Side receiver, long number, long nowNanos) {
    arrivalNanos.get(receiver).putIfAbsent(number, nowNanos);
  }

  void onAckSent(Side receiver, TappedFrame.Ack ack) {
    for (int i = 0; i < ack.smallest().length; i++) {
      arrivalNanos.get(receiver).subMap(ack.smallest()[i], true, ack.largest()[i], true).clear();
    }
  }

  /** The receiver has had a chance to send, or could have had one. */
  void check(Side receiver, long nowNanos) {
    for (Map.Entry<Long, Long> unacknowledged : arrivalNanos.get(receiver).entrySet()) {
      if (nowNanos - unacknowledged.getValue() > maxAckDelayNanos) {
        throw new Violation(
            AckDelayInvariant.class,
            "%s has not acknowledged packet %d for %.3f ms"
                .formatted(
                    receiver,
                    unacknowledged.getKey(),
                    (nowNanos - unacknowledged.getValue()) / 1e6));
      }
    }
  }

  /** The connection is over at that side. */
  void forget(Side receiver) {
    arrivalNanos.get(receiver).clear();
  }
}
