package dev.memux.engine.qmux;

import dev.memux.engine.CloseReason;
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
  /** What a size of two bytes can say. */
  private static final int MAX_SHORT = (1 << 14) - 1;

  private static final byte[] NOTHING = {};

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
    mux.datagrams().onPacketRoom(TransportParameters.DEFAULT_MAX_RECORD_BYTES);
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
    int sizeBytes = Math.min(maxBytes, peerMaxRecordBytes) <= MAX_SHORT ? 2 : 4;
    int length = writeFrames(out, from + sizeBytes, maxBytes - sizeBytes, nowNanos);
    if (length == 0) {
      return 0;
    }
    VarInt.write(out, from, length, sizeBytes);
    return sizeBytes + length;
  }

  /** Writes the frames of at most one record; returns their length, 0: there is nothing to send. */
  int writeFrames(byte[] out, int from, int maxBytes, long nowNanos) {
    if (!hasPending()) {
      return 0;
    }
    int room = (int) Math.min(maxBytes, peerMaxRecordBytes);
    mux.datagrams().onPacketRoom(room);
    int preferred = Math.min(room, preferredBytes);
    int length = fill(out, from, preferred, nowNanos);
    if (length == 0 && preferred < room) {
      // A datagram that only a longer record can carry would hold up everything else.
      length = fill(out, from, room, nowNanos);
    }
    return length;
  }

  private int fill(byte[] out, int from, int room, long nowNanos) {
    writer.reset(out, from, from + room);
    if (parameters.length > 0) {
      if (!writer.qxTransportParameters(parameters)) {
        return 0; // QMux §4.2: nothing goes before them
      }
      parameters = NOTHING;
    }
    if (ending.isOpen()) {
      pings.write(writer, nowNanos);
      if (streamsUsable) {
        fillWithStreams(nowNanos);
      }
    } else if (writeClose()) {
      ending.onCloseSent();
    }
    return writer.position() - from;
  }

  private void fillWithStreams(long nowNanos) {
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
    CloseReason reason = ending.reason();
    return writer.connectionClose(
        reason.application(), reason.code(), reason.frameType(), reason.reason());
  }
}
