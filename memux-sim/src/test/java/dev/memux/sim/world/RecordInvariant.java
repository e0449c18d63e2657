package dev.memux.sim.world;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What QMux asks of records: transport parameters first and once (§4.2), no more bytes than the
 * peer takes (§5.2) or the sender prefers, the data of each stream in order (§4.1), nothing after a
 * CONNECTION_CLOSE.
 */
final class RecordInvariant {
  private final QmuxPlan plan;
  private final Map<Side, Sender> senders = new EnumMap<>(Side.class);

  RecordInvariant(QmuxPlan plan) {
    this.plan = plan;
    for (Side side : Side.values()) {
      senders.put(side, new Sender());
    }
  }

  /**
   * A record is being sent.
   *
   * @param bytes of its frames
   */
  void onSent(Side side, int bytes, List<TappedFrame> frames) {
    Sender sender = senders.get(side);
    boolean hasDatagram = frames.stream().anyMatch(TappedFrame.Datagram.class::isInstance);
    int limit =
        hasDatagram
            ? plan.maxRecordBytes(side.peer())
            : Math.min(plan.preferredRecordBytes(), plan.maxRecordBytes(side.peer()));
    require(bytes <= limit, side, "a record of %d bytes, limit %d".formatted(bytes, limit));
    require(!frames.isEmpty(), side, "a record without frames");
    for (TappedFrame frame : frames) {
      boolean parameters =
          frame instanceof TappedFrame.Control(ControlFrame.QxTransportParameters told);
      require(parameters != sender.began, side, frame + " in the wrong place");
      require(!sender.closed, side, frame + " after CONNECTION_CLOSE");
      sender.began = true;
      if (frame instanceof TappedFrame.Stream stream) {
        long next = sender.next.getOrDefault(stream.streamId(), 0L);
        require(stream.offset() == next, side, frame + ", next is " + next);
        sender.next.put(stream.streamId(), stream.end());
      }
      sender.closed = frame instanceof TappedFrame.Control(ControlFrame.ConnectionClose close);
    }
  }

  private static void require(boolean holds, Side side, String what) {
    if (!holds) {
      throw new Violation(RecordInvariant.class, side + " sends " + what);
    }
  }

  private static final class Sender {
    final Map<Long, Long> next = new HashMap<>();
    boolean began;
    boolean closed;
  }
}
