package dev.memux.sim.world;

import dev.memux.engine.wire.RangeSet;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.tls.EncryptionLevel;
import java.util.HashMap;
import java.util.Map;

/**
 * Packet numbers only rise (RFC 9000 §12.3: the same number twice under one key breaks the
 * encryption), only what arrived is acknowledged (§13.1), and nothing is processed twice (§12.3).
 */
final class PacketNumberInvariant {
  private final Map<Space, Long> lastSent = new HashMap<>();
  private final Map<Space, RangeSet> arrived = new HashMap<>();

  void onPacketSent(TappedPacket packet) {
    onSent(packet.sender(), packet.level(), packet.number());
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Ack ack) {
        for (int i = 0; i < ack.smallest().length; i++) {
          onAcked(packet.sender(), packet.level(), ack.smallest()[i], ack.largest()[i]);
        }
      }
    }
  }

  void onPacketDelivered(TappedPacket packet) {
    onArrived(packet.sender(), packet.level(), packet.number());
  }

  void onSent(Side sender, EncryptionLevel level, long number) {
    Long before = lastSent.put(new Space(sender, level), number);
    if (before != null && number <= before) {
      throw new Violation(
          PacketNumberInvariant.class,
          "%s sends %s %d after %d".formatted(sender, level, number, before));
    }
  }

  void onArrived(Side sender, EncryptionLevel level, long number) {
    arrived
        .computeIfAbsent(new Space(sender, level), space -> new RangeSet())
        .add(number, number + 1);
  }

  /** {@code acker} says that it has the numbers from smallest to largest, inclusive. */
  void onAcked(Side acker, EncryptionLevel level, long smallest, long largest) {
    RangeSet numbers = arrived.get(new Space(acker.peer(), level));
    if (numbers == null || !numbers.containsAll(smallest, largest + 1)) {
      throw new Violation(
          PacketNumberInvariant.class,
          "%s acknowledges %s %d..%d of which not all arrived"
              .formatted(acker, level, smallest, largest));
    }
  }

  /** {@code receiver} says how many packets it has processed, all in all. */
  void onProcessed(Side receiver, long packets) {
    long distinct = 0;
    for (Space space : arrived.keySet()) {
      RangeSet numbers = space.sender() == receiver.peer() ? arrived.get(space) : null;
      for (int i = 0; numbers != null && i < numbers.size(); i++) {
        distinct += numbers.end(i) - numbers.start(i);
      }
    }
    if (packets > distinct) {
      throw new Violation(
          PacketNumberInvariant.class,
          "%s processed %d packets, %d different ones arrived"
              .formatted(receiver, packets, distinct));
    }
  }

  /** RFC 9000 §12.3: 0-RTT and 1-RTT packets share their numbers. */
  private record Space(Side sender, EncryptionLevel level) {
    Space {
      level = level == EncryptionLevel.EARLY ? EncryptionLevel.APPLICATION : level;
    }
  }
}
