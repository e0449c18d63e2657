package dev.memux.sim.world;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Nobody sends beyond the limits that had reached him by then: data of each stream, data of all
 * streams, number of streams (RFC 9000 §4.1, §4.6). Final sizes and contents never change (§4.5,
 * §2.2).
 */
final class FlowControlInvariant {
  private static final long UNIDIRECTIONAL = 2;

  private final Content content;
  private final Function<Side, TransportParameters> parametersOf;
  private final Map<Side, Sender> senders = new EnumMap<>(Side.class);

  /**
   * @param parametersOf the transport parameters that a side declared; asked when first needed
   */
  FlowControlInvariant(Content content, Function<Side, TransportParameters> parametersOf) {
    this.content = content;
    this.parametersOf = parametersOf;
  }

  void onPacketSent(TappedPacket packet) {
    packet.frames().forEach(frame -> onSent(packet.sender(), frame));
  }

  void onPacketDelivered(TappedPacket packet) {
    packet.frames().forEach(frame -> onDelivered(packet.sender(), frame));
  }

  void onSent(Side side, TappedFrame frame) {
    switch (frame) {
      case TappedFrame.Stream stream -> onStreamSent(side, stream);
      case TappedFrame.Control(ControlFrame.ResetStream reset) -> {
        of(side).advance(reset.streamId(), reset.finalSize());
        of(side).end(reset.streamId(), reset.finalSize());
      }
      case TappedFrame.Control(ControlFrame.ResetStreamAt reset) -> {
        of(side).advance(reset.streamId(), reset.finalSize());
        of(side).end(reset.streamId(), reset.finalSize());
      }
      case TappedFrame.Control(ControlFrame.StopSending stop) -> of(side).open(stop.streamId());
      case TappedFrame.Control(ControlFrame.MaxStreamData max) -> of(side).open(max.streamId());
      case TappedFrame.Control(ControlFrame.MaxData max) ->
          of(side.peer()).grantedData(max.maximum());
      case TappedFrame.Control(ControlFrame.MaxStreams max) -> of(side.peer()).grantedStreams(max);
      case TappedFrame.Control ignored -> {}
      case TappedFrame.Datagram ignored -> {}
      case TappedFrame.Crypto ignored -> {}
      case TappedFrame.Ack ignored -> {}
    }
  }

  void onDelivered(Side sender, TappedFrame frame) {
    if (frame instanceof TappedFrame.Control(ControlFrame control)) {
      onLimit(sender.peer(), control);
    }
  }

  /**
   * All streams are over and the connection is quiet: who received must have given all credit back,
   * or it leaks. Half a window may stay unsaid.
   */
  void checkCreditReturned(Side side) {
    of(side).checkCreditReturned();
  }

  private void onLimit(Side raised, ControlFrame control) {
    if (control instanceof ControlFrame.MaxData max) {
      Sender sender = of(raised);
      sender.maxData = Math.max(sender.maxData, max.maximum());
    } else if (control instanceof ControlFrame.MaxStreamData max) {
      of(raised).maxStreamData.merge(max.streamId(), max.maximum(), Math::max);
    } else if (control instanceof ControlFrame.MaxStreams max) {
      Sender sender = of(raised);
      int kind = max.bidirectional() ? 0 : 1;
      sender.maxStreams[kind] = Math.max(sender.maxStreams[kind], max.maximum());
    }
  }

  private void onStreamSent(Side side, TappedFrame.Stream frame) {
    Sender sender = of(side);
    sender.advance(frame.streamId(), frame.end());
    if (frame.fin()) {
      sender.end(frame.streamId(), frame.end());
    }
    sender.checkWithinEnd(frame.streamId(), frame.end());
    int wrong =
        content.mismatch(
            side, frame.streamId(), frame.offset(), frame.payload(), frame.from(), frame.length());
    if (wrong >= 0) {
      throw violation(
          side
              + " sends wrong bytes on stream "
              + frame.streamId()
              + " at "
              + (frame.offset() + wrong));
    }
  }

  private Sender of(Side side) {
    return senders.computeIfAbsent(side, s -> new Sender(s, parametersOf.apply(s.peer())));
  }

  private static Violation violation(String what) {
    return new Violation(FlowControlInvariant.class, what);
  }

  /** What one side may send, and has sent. */
  private static final class Sender {
    final Side side;
    final TransportParameters peer;
    final Map<Long, Long> maxStreamData = new HashMap<>();
    final Map<Long, Long> highest = new HashMap<>();
    final Map<Long, Long> finalSize = new HashMap<>();
    final long[] maxStreams;
    final long[] opened = new long[2];
    final long[] grantedStreams;
    long grantedData;
    long maxData;
    long data;

    Sender(Side side, TransportParameters peer) {
      this.side = side;
      this.peer = peer;
      maxData = peer.initialMaxData();
      grantedData = maxData;
      maxStreams = new long[] {peer.initialMaxStreamsBidi(), peer.initialMaxStreamsUni()};
      grantedStreams = maxStreams.clone();
    }

    void advance(long streamId, long end) {
      open(streamId);
      long before = highest.getOrDefault(streamId, 0L);
      if (end <= before) {
        return;
      }
      highest.put(streamId, end);
      data += end - before;
      long streamLimit = Math.max(initialLimit(streamId), maxStreamData.getOrDefault(streamId, 0L));
      if (end > streamLimit) {
        throw violation(
            "%s sends stream %d up to %d, limit %d".formatted(side, streamId, end, streamLimit));
      }
      if (data > maxData) {
        throw violation("%s sends %d bytes in all, limit %d".formatted(side, data, maxData));
      }
    }

    void open(long streamId) {
      if (Side.openerOf(streamId) != side) {
        return;
      }
      int kind = (streamId & UNIDIRECTIONAL) == 0 ? 0 : 1;
      long ordinal = streamId >>> 2;
      if (ordinal >= maxStreams[kind]) {
        throw violation("%s opens stream %d, limit %d".formatted(side, streamId, maxStreams[kind]));
      }
      opened[kind] = Math.max(opened[kind], ordinal + 1);
    }

    void grantedData(long limit) {
      grantedData = Math.max(grantedData, limit);
    }

    void grantedStreams(ControlFrame.MaxStreams max) {
      int kind = max.bidirectional() ? 0 : 1;
      grantedStreams[kind] = Math.max(grantedStreams[kind], max.maximum());
    }

    void checkCreditReturned() {
      if (grantedData - data < peer.initialMaxData() / 2) {
        throw violation(
            "%s may send %d bytes of %d, of which all are over"
                .formatted(side, grantedData - data, peer.initialMaxData()));
      }
      long[] initial = {peer.initialMaxStreamsBidi(), peer.initialMaxStreamsUni()};
      for (int kind = 0; kind < 2; kind++) {
        if (grantedStreams[kind] - opened[kind] < initial[kind] / 2) {
          throw violation(
              "%s may open %d streams of %d, of which all are over"
                  .formatted(side, grantedStreams[kind] - opened[kind], initial[kind]));
        }
      }
    }

    void end(long streamId, long size) {
      Long known = finalSize.putIfAbsent(streamId, size);
      if (known != null && known != size) {
        throw violation(
            "%s ends stream %d at %d, before at %d".formatted(side, streamId, size, known));
      }
      checkWithinEnd(streamId, highest.getOrDefault(streamId, 0L));
    }

    void checkWithinEnd(long streamId, long end) {
      Long known = finalSize.get(streamId);
      if (known != null && end > known) {
        throw violation(
            "%s sends stream %d up to %d beyond its end %d".formatted(side, streamId, end, known));
      }
    }

    private long initialLimit(long streamId) {
      if ((streamId & UNIDIRECTIONAL) != 0) {
        return peer.initialMaxStreamDataUni();
      }
      return Side.openerOf(streamId) == side
          ? peer.initialMaxStreamDataBidiRemote()
          : peer.initialMaxStreamDataBidiLocal();
    }
  }
}
