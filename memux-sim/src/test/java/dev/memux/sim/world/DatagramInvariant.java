package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Each datagram arrives at most once, and as it was sent (RFC 9221 §5). */
final class DatagramInvariant {
  private final Content content;

  /** What is under way from each side: size by ordinal. */
  private final Map<Side, Map<Long, Integer>> sent = new EnumMap<>(Side.class);

  DatagramInvariant(Content content) {
    this.content = content;
    for (Side side : Side.values()) {
      sent.put(side, new HashMap<>());
    }
  }

  /** A datagram that no other equals. */
  byte[] content(Side sender, long ordinal, int bytes) {
    byte[] datagram = new byte[bytes];
    content.fill(sender, ordinal, 0, datagram, 0, bytes);
    ByteBuffer.wrap(datagram).putLong(ordinal);
    return datagram;
  }

  void onSent(Side sender, long ordinal, int bytes) {
    of(sender).put(ordinal, bytes);
  }

  void onReceived(Side sender, byte[] datagram) {
    long ordinal = datagram.length < Long.BYTES ? -1 : ByteBuffer.wrap(datagram).getLong();
    Integer bytes = of(sender).remove(ordinal);
    if (bytes == null) {
      throw violation(sender, ordinal, "came twice, or was never sent");
    }
    if (!Arrays.equals(datagram, content(sender, ordinal, bytes))) {
      throw violation(sender, ordinal, "is not what was sent");
    }
  }

  private Map<Long, Integer> of(Side sender) {
    return sent.computeIfAbsent(sender, s -> new HashMap<>());
  }

  private static Violation violation(Side sender, long ordinal, String what) {
    return new Violation(
        DatagramInvariant.class, "datagram " + ordinal + " from " + sender + " " + what);
  }
}
