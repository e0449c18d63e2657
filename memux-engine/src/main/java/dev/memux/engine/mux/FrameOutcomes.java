package dev.memux.engine.mux;

import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.SentFrames;

/**
 * What became of streams' frames that were sent: acknowledged, or lost and due again. Of packets
 * that are acknowledged together many carried pieces of one stream, one behind the other: the
 * stream hears of them as of one.
 */
final class FrameOutcomes {
  private static final long NONE = -1;

  private final Mux mux;
  private final StreamTable streams;
  private final ControlQueue control;
  private final ConnectionCredit credit;

  /** The stream that is still to hear of an acknowledgement, {@link #NONE} if none is. */
  private long ackedId = NONE;

  private long ackedFrom;
  private long ackedTo;

  FrameOutcomes(Mux mux, StreamTable streams, ControlQueue control, ConnectionCredit credit) {
    this.mux = mux;
    this.streams = streams;
    this.control = control;
    this.credit = credit;
  }

  /** A packet was acknowledged, or its bytes were handed down; {@link #settle} follows. */
  void onAcked(SentFrames sent) {
    for (int i = 0; i < sent.size(); i++) {
      switch (sent.kind(i)) {
        case STREAM -> collect(sent.a(i), sent.b(i), sent.c(i));
        case RESET_STREAM -> onResetAcked(sent.a(i), sent.b(i));
        default -> {} // nothing waits for the acknowledgement of the others
      }
    }
  }

  private void onResetAcked(long id, long reliableSize) {
    MuxStream stream = streams.get(id);
    if (stream != null && stream.send() != null && !stream.send().isOver()) {
      stream.send().onResetAcked(reliableSize);
      onSendOver(stream, stream.send());
    }
  }

  private void onSendOver(MuxStream stream, SendStream send) {
    if (send.isOver()) {
      mux.raise(stream, MuxStream.SENT);
      mux.update(stream, send);
      mux.closeIfOver(stream);
    }
  }

  private void collect(long id, long offset, long lengthAndFin) {
    long length = lengthAndFin >>> 1;
    boolean fin = (lengthAndFin & 1) != 0;
    if (id == ackedId && offset == ackedTo && !fin) {
      ackedTo += length;
      return;
    }
    settle();
    if (fin) {
      onStreamAcked(id, offset, length, true);
    } else {
      ackedId = id;
      ackedFrom = offset;
      ackedTo = offset + length;
    }
  }

  /** Has the stream hear of what was acknowledged last. */
  void settle() {
    long id = ackedId;
    if (id != NONE) {
      ackedId = NONE;
      onStreamAcked(id, ackedFrom, ackedTo - ackedFrom, false);
    }
  }

  private void onStreamAcked(long id, long offset, long length, boolean fin) {
    MuxStream stream = streams.get(id);
    if (stream == null || stream.send() == null || stream.send().isOver()) {
      return;
    }
    SendStream send = stream.send();
    send.onAcked(offset, length, fin);
    if (send.isOver()) {
      onSendOver(stream, send);
      return;
    }
    mux.update(stream, send);
    mux.tellOfRoom(stream, send);
  }

  /** A packet was lost, or is to be sent again as a probe: what is still current goes again. */
  void onLost(SentFrames sent) {
    settle();
    for (int i = 0; i < sent.size(); i++) {
      switch (sent.kind(i)) {
        case STREAM -> onStreamLost(sent.a(i), sent.b(i), sent.c(i));
        case RESET_STREAM -> onResetLost(sent.a(i));
        case STOP_SENDING -> resend(sent.a(i), ControlQueue.STOP_SENDING);
        case MAX_STREAM_DATA -> resend(sent.a(i), ControlQueue.MAX_STREAM_DATA);
        case STREAM_DATA_BLOCKED -> resend(sent.a(i), ControlQueue.STREAM_DATA_BLOCKED);
        case STREAM_PRIORITY -> mux.priorities().onLost(sent.a(i), sent.b(i));
        case MAX_DATA -> control.add(ControlQueue.MAX_DATA);
        case MAX_STREAMS_BIDI -> control.add(ControlQueue.MAX_STREAMS_BIDI);
        case MAX_STREAMS_UNI -> control.add(ControlQueue.MAX_STREAMS_UNI);
        case DATA_BLOCKED -> credit.onBlockedLost();
        case STREAMS_BLOCKED_BIDI -> control.add(ControlQueue.STREAMS_BLOCKED_BIDI);
        case STREAMS_BLOCKED_UNI -> control.add(ControlQueue.STREAMS_BLOCKED_UNI);
        case ACK,
            ACK_FREQUENCY,
            CRYPTO,
            NEW_CONNECTION_ID,
            RETIRE_CONNECTION_ID,
            HANDSHAKE_DONE,
            DATAGRAM,
            NEW_TOKEN,
            PING -> {}
      }
    }
  }

  private void onResetLost(long id) {
    MuxStream stream = streams.get(id);
    if (stream != null && stream.send() != null) {
      stream.send().onResetLost();
      mux.onSendChanged(stream);
    }
  }

  private void onStreamLost(long id, long offset, long lengthAndFin) {
    MuxStream stream = streams.get(id);
    if (stream != null && stream.send() != null) {
      stream.send().onLost(offset, lengthAndFin >>> 1, (lengthAndFin & 1) != 0);
      mux.update(stream, stream.send());
    }
  }

  private void resend(long id, int flag) {
    MuxStream stream = streams.get(id);
    if (stream != null) {
      control.add(stream, flag);
    }
  }
}
