package dev.memux.sim.world;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.HashSet;
import java.util.Set;

/**
 * Who has reset a stream sends nothing more on it; who knows its end grants it no more credit (RFC
 * 9000 §3.3).
 */
final class StreamStateInvariant {
  private final Set<End> resetSent = new HashSet<>();
  private final Set<End> endKnown = new HashSet<>();

  /**
   * A frame is being sent.
   *
   * @param sender of the frame
   */
  void onSent(Side sender, TappedFrame frame) {
    switch (frame) {
      case TappedFrame.Stream stream -> requireNoReset(sender, stream.streamId(), frame);
      case TappedFrame.Control(ControlFrame.StreamDataBlocked blocked) ->
          requireNoReset(sender, blocked.streamId(), frame);
      case TappedFrame.Control(ControlFrame.ResetStream reset) ->
          resetSent.add(new End(sender, reset.streamId()));
      case TappedFrame.Control(ControlFrame.MaxStreamData max) -> {
        if (endKnown.contains(new End(sender, max.streamId()))) {
          throw new Violation(
              StreamStateInvariant.class, sender + " knows the end, and sends " + frame);
        }
      }
      case TappedFrame.Control other -> {}
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
      case TappedFrame.Control other -> {}
      case TappedFrame.Crypto other -> {}
      case TappedFrame.Ack other -> {}
    }
  }

  private void requireNoReset(Side sender, long streamId, TappedFrame frame) {
    if (resetSent.contains(new End(sender, streamId))) {
      throw new Violation(StreamStateInvariant.class, sender + " has reset, and sends " + frame);
    }
  }

  private record End(Side side, long streamId) {}
}
