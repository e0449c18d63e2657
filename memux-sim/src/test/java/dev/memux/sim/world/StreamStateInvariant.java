package dev.memux.sim.world;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who has reset a stream sends nothing more on it but what it has promised to deliver, and never
 * promises more than before; who knows its end grants it no more credit (RFC 9000 §3.3,
 * draft-ietf-quic-reliable-stream-reset §5).
 */
final class StreamStateInvariant {
  /** What each reset has promised to deliver last. */
  private final Map<End, Long> resetSent = new HashMap<>();

  private final Set<End> endKnown = new HashSet<>();

  /**
   * A frame is being sent.
   *
   * @param sender of the frame
   */
  void onSent(Side sender, TappedFrame frame) {
    switch (frame) {
      case TappedFrame.Stream stream ->
          requirePromised(sender, stream.streamId(), stream.end(), frame);
      case TappedFrame.Control(ControlFrame.StreamDataBlocked blocked) ->
          requirePromised(sender, blocked.streamId(), Long.MAX_VALUE, frame);
      case TappedFrame.Control(ControlFrame.ResetStream reset) ->
          resetSent.put(new End(sender, reset.streamId()), 0L);
      case TappedFrame.Control(ControlFrame.ResetStreamAt reset) -> {
        requirePromised(sender, reset.streamId(), reset.reliableSize(), frame);
        resetSent.put(new End(sender, reset.streamId()), reset.reliableSize());
      }
      case TappedFrame.Control(ControlFrame.MaxStreamData max) -> {
        if (endKnown.contains(new End(sender, max.streamId()))) {
          throw new Violation(
              StreamStateInvariant.class, sender + " knows the end, and sends " + frame);
        }
      }
      case TappedFrame.Control other -> {}
      case TappedFrame.Datagram other -> {}
      case TappedFrame.Crypto other -> {}
      case TappedFrame.Ack other -> {}
    }
  }

  /** A frame has reached {@code receiver} in a packet that it cannot but process. */
  void onDelivered(Side receiver, TappedFrame frame) {
    switch (frame) {
      case TappedFrame.Stream stream -> {
        if (stream.fin()) {
          endKnown.add(new End(receiver, stream.streamId()));
        }
      }
      case TappedFrame.Control(ControlFrame.ResetStream reset) ->
          endKnown.add(new End(receiver, reset.streamId()));
      case TappedFrame.Control(ControlFrame.ResetStreamAt reset) ->
          endKnown.add(new End(receiver, reset.streamId()));
      case TappedFrame.Control other -> {}
      case TappedFrame.Datagram other -> {}
      case TappedFrame.Crypto other -> {}
      case TappedFrame.Ack other -> {}
    }
  }

  private void requirePromised(Side sender, long streamId, long end, TappedFrame frame) {
    Long promised = resetSent.get(new End(sender, streamId));
    if (promised != null && end > promised) {
      throw new Violation(StreamStateInvariant.class, sender + " has reset, and sends " + frame);
    }
  }

  private record End(Side side, long streamId) {}
}
