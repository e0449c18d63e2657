package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.util.HashMap;
import java.util.Map;

/**
 * Every byte written is read once, in order and equal; a stream ends where its writer ended it (RFC
 * 9000 §2.2). None is another connection's. What a reset has promised to deliver is read before it
 * is told (draft-ietf-quic-reliable-stream-reset §5).
 */
final class DeliveryInvariant {
  private final Content content;
  private final Map<Direction, Progress> progress = new HashMap<>();

  DeliveryInvariant(Content content) {
    this.content = content;
  }

  void onWritten(Side sender, long streamId, int bytes) {
    of(sender, streamId).written += bytes;
  }

  void onFinished(Side sender, long streamId) {
    of(sender, streamId).finished = true;
  }

  /** The sender gave up, by itself or because its peer asked. */
  void onReset(Side sender, long streamId) {
    onReset(sender, streamId, 0);
  }

  /** The sender gave up what lies beyond {@code reliable}. */
  void onReset(Side sender, long streamId, long reliable) {
    Progress stream = of(sender, streamId);
    stream.promised = stream.reset ? Math.min(stream.promised, reliable) : reliable;
    stream.reset = true;
  }

  void onRead(Side sender, long streamId, byte[] data, int length) {
    Progress stream = of(sender, streamId);
    int wrong = content.mismatch(sender, streamId, stream.read, data, 0, length);
    if (wrong >= 0) {
      throw violation(sender, streamId, "wrong byte at offset " + (stream.read + wrong));
    }
    stream.read += length;
    if (stream.read > stream.written) {
      throw violation(sender, streamId, "read " + stream.read + " of " + stream.written);
    }
    if (stream.ended) {
      throw violation(sender, streamId, "read after the end");
    }
  }

  void onEnd(Side sender, long streamId) {
    Progress stream = of(sender, streamId);
    if (!stream.finished || stream.read != stream.written) {
      throw violation(
          sender,
          streamId,
          "ended at %d, written %d, finished %b"
              .formatted(stream.read, stream.written, stream.finished));
    }
    if (stream.ended) {
      throw violation(sender, streamId, "ended twice");
    }
    stream.ended = true;
  }

  void onResetSeen(Side sender, long streamId) {
    Progress stream = of(sender, streamId);
    if (!stream.reset) {
      throw violation(sender, streamId, "reset that nobody sent");
    }
    if (stream.read < stream.promised) {
      throw violation(
          sender, streamId, "reset at " + stream.read + ", promised " + stream.promised);
    }
  }

  long read(Side sender, long streamId) {
    return of(sender, streamId).read;
  }

  private Progress of(Side sender, long streamId) {
    return progress.computeIfAbsent(new Direction(sender, streamId), d -> new Progress());
  }

  private static Violation violation(Side sender, long streamId, String what) {
    return new Violation(
        DeliveryInvariant.class, "stream " + streamId + " from " + sender + ": " + what);
  }

  private record Direction(Side sender, long streamId) {}

  private static final class Progress {
    long written;
    long read;
    boolean finished;
    boolean reset;
    long promised;
    boolean ended;
  }
}
