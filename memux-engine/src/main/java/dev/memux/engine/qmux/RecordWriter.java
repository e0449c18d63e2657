package dev.memux.engine.qmux;

import dev.memux.engine.mux.Mux;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;

/**
 * Writes records (QMux §3.2): our transport parameters first, then whatever should go next. What is
 * written counts as acknowledged at once (QMux §4), as the layer below loses nothing.
 */
final class RecordWriter {
  private final Mux mux;
  private final Ending ending;
  private final Pings pings;
  private final RecordBuffers buffers;
  private final FrameWriter writer = new FrameWriter();

  /** Our transport parameters until they are sent. */
  private byte[] parameters;

  private long peerMaxRecordBytes = TransportParameters.DEFAULT_MAX_RECORD_BYTES;
  private int preferredBytes = Integer.MAX_VALUE;

  /** Whether the peer's limits are known, so that streams can be used. */
  private boolean streamsUsable;

  RecordWriter(
      Mux mux, Ending ending, Pings pings, RecordBuffers buffers, TransportParameters parameters) {
    this.mux = mux;
    this.ending = ending;
    this.pings = pings;
    this.buffers = buffers;
    this.parameters = parameters.encode();
  }

  /** The peer's limits are known, or those that it had before. */
  void onPeerLimits(TransportParameters peer) {
    peerMaxRecordBytes = peer.maxRecordBytes();
    streamsUsable = true;
  }

  void preferRecordBytes(int bytes) {
    preferredBytes = bytes;
  }

  int preferredBytes() {
    return (int) Math.min(preferredBytes, peerMaxRecordBytes);
  }

  boolean hasPending() {
    if (ending.isOpen()) {
      return parameters.length > 0 || pings.hasPending() || (streamsUsable && mux.hasPending());
    }
    return ending.isClosePending();
  }

  /** Writes at most one record; returns its length with its size, 0: there is nothing to send. */
  int write(byte[] out, int from, int maxBytes, long nowNanos) {
    if (!hasPending()) {
      return 0;
    }
    int sizeBytes = maxBytes > 1 << 14 ? 4 : 2;
    int room = (int) Math.min(maxBytes - sizeBytes, peerMaxRecordBytes);
    mux.datagrams().onPacketRoom(Math.max(0, room));
    int preferred = Math.min(room, preferredBytes - sizeBytes);
    int length = writeFrames(out, from + sizeBytes, preferred, nowNanos);
    if (length == 0 && preferred < room) {
      // A datagram, say, which only a record of its own size can carry.
      length = writeFrames(out, from + sizeBytes, room, nowNanos);
    }
    if (length == 0) {
      return 0;
    }
    VarInt.write(out, from, length, sizeBytes);
    return sizeBytes + length;
  }

  private int writeFrames(byte[] out, int from, int room, long nowNanos) {
    if (room <= 0) {
      return 0;
    }
    writer.reset(out, from, from + room);
    if (parameters.length > 0) {
      if (!writer.qxTransportParameters(parameters)) {
        return 0;
      }
      parameters = new byte[0];
    }
    if (ending.isOpen()) {
      pings.write(writer, nowNanos);
      if (streamsUsable) {
        fill(nowNanos);
      }
    } else if (writeClose()) {
      ending.onCloseSent();
    }
    return writer.position() - from;
  }

  private void fill(long nowNanos) {
    SentFrames sent = buffers.takeFrames();
    mux.fill(writer, sent, nowNanos);
    mux.onAcked(sent);
    if (hasCredit(sent)) {
      pings.measure(nowNanos);
    }
    buffers.giveFrames(sent);
  }

  private static boolean hasCredit(SentFrames sent) {
    for (int i = 0; i < sent.size(); i++) {
      SentFrames.Kind kind = sent.kind(i);
      if (kind == SentFrames.Kind.MAX_DATA || kind == SentFrames.Kind.MAX_STREAM_DATA) {
        return true;
      }
    }
    return false;
  }

  private boolean writeClose() {
    var reason = ending.reason();
    return writer.connectionClose(
        reason.application(), reason.code(), reason.frameType(), reason.reason());
  }
}
