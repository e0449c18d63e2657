package dev.memux.sim.world;

import dev.memux.engine.wire.RangeSet;
import dev.memux.sim.quic.Side;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * No stream waits for a packet that did not carry it: what has arrived without a gap before it can
 * be read at once, and nothing can be read that has not arrived.
 */
final class IndependenceInvariant {
  private final Map<Side, Map<Long, Arrived>> arrived = new EnumMap<>(Side.class);
  private final Map<Side, Set<Long>> touched = new EnumMap<>(Side.class);

  IndependenceInvariant() {
    for (Side side : Side.values()) {
      arrived.put(side, new HashMap<>());
      touched.put(side, new LinkedHashSet<>());
    }
  }

  /**
   * Stream data have been delivered in a packet.
   *
   * @param certain false if the receiver was free to drop the packet: it had no keys yet, or the
   *     datagram was damaged
   */
  void onDelivered(Side receiver, long streamId, long from, long to, boolean certain) {
    Arrived stream = arrived.get(receiver).computeIfAbsent(streamId, id -> new Arrived());
    stream.possible.add(from, to);
    if (certain) {
      stream.certain.add(from, to);
    }
    touched.get(receiver).add(streamId);
  }

  /** A reset that promises so much may have arrived: what lies beyond need not be readable. */
  void onPromise(Side receiver, long streamId, long reliable) {
    Arrived stream = arrived.get(receiver).computeIfAbsent(streamId, id -> new Arrived());
    stream.promised = Math.min(stream.promised, reliable);
  }

  /** The streams that got data since the last call. */
  Set<Long> takeTouched(Side receiver) {
    Set<Long> streams = touched.get(receiver);
    if (streams.isEmpty()) {
      return Set.of();
    }
    touched.put(receiver, new LinkedHashSet<>());
    return streams;
  }

  /**
   * The receiver has taken all datagrams of this instant.
   *
   * @param available bytes that its application has read or could read
   */
  void check(Side receiver, long streamId, long available) {
    Arrived stream = arrived.get(receiver).computeIfAbsent(streamId, id -> new Arrived());
    long least = Math.min(prefix(stream.certain), stream.promised);
    long most = prefix(stream.possible);
    if (available < least || available > most) {
      throw new Violation(
          IndependenceInvariant.class,
          "%s can read stream %d up to %d, but what arrived reaches %s"
              .formatted(
                  receiver, streamId, available, least == most ? least : least + ".." + most));
    }
  }

  private static long prefix(RangeSet ranges) {
    return ranges.isEmpty() || ranges.start(0) > 0 ? 0 : ranges.end(0);
  }

  private static final class Arrived {
    final RangeSet certain = new RangeSet();
    final RangeSet possible = new RangeSet();
    long promised = Long.MAX_VALUE;
  }
}
