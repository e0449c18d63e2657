package dev.memux.engine.mux;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayDeque;

/**
 * Frames of the streams and of the connection's flow control that wait to be sent, as flags: what
 * is written is what holds at that moment, and a lost frame only sets its flag again (RFC 9000
 * §13.3).
 */
final class ControlQueue {
  // Flags of a stream.
  static final int RESET_STREAM = 1;
  static final int STOP_SENDING = 1 << 1;
  static final int MAX_STREAM_DATA = 1 << 2;
  static final int STREAM_DATA_BLOCKED = 1 << 3;
  static final int STREAM_PRIORITY = 1 << 4;

  // Flags of the connection.
  static final int MAX_DATA = 1;
  static final int MAX_STREAMS_BIDI = 1 << 1;
  static final int MAX_STREAMS_UNI = 1 << 2;
  static final int DATA_BLOCKED = 1 << 3;
  static final int STREAMS_BLOCKED_BIDI = 1 << 4;
  static final int STREAMS_BLOCKED_UNI = 1 << 5;

  private final ConnectionCredit credit;
  private final StreamIds bidi;
  private final StreamIds uni;
  private final MemoryBudget budget;
  private final ArrayDeque<MuxStream> streams = new ArrayDeque<>(1);
  private int pending;

  ControlQueue(ConnectionCredit credit, StreamIds bidi, StreamIds uni, MemoryBudget budget) {
    this.credit = credit;
    this.bidi = bidi;
    this.uni = uni;
    this.budget = budget;
  }

  void add(int flag) {
    pending |= flag;
  }

  void add(MuxStream stream, int flag) {
    stream.pendingControl |= flag;
    if (!stream.controlQueued) {
      stream.controlQueued = true;
      streams.addLast(stream);
    }
  }

  boolean isEmpty() {
    return pending == 0 && streams.isEmpty();
  }

  /** Writes what fits. */
  void write(FrameWriter writer, SentFrames sent, long nowNanos, long rttNanos) {
    if (pending != 0) {
      writeConnection(writer, sent, nowNanos, rttNanos);
    }
    while (!streams.isEmpty()) {
      MuxStream stream = streams.peekFirst();
      if (!stream.closed
          && !stream.mux.isWithheld(stream)
          && !writeStream(stream, writer, sent, nowNanos, rttNanos)) {
        return;
      }
      stream.controlQueued = false;
      stream.pendingControl = 0;
      streams.removeFirst();
    }
  }

  private void writeConnection(FrameWriter writer, SentFrames sent, long nowNanos, long rttNanos) {
    if (has(MAX_DATA)
        && writer.maxData(credit.window().raise(nowNanos, rttNanos, budget.pressure()))) {
      done(MAX_DATA, SentFrames.Kind.MAX_DATA, sent);
    }
    if (has(MAX_STREAMS_BIDI) && writer.maxStreams(true, bidi.grant())) {
      done(MAX_STREAMS_BIDI, SentFrames.Kind.MAX_STREAMS_BIDI, sent);
    }
    if (has(MAX_STREAMS_UNI) && writer.maxStreams(false, uni.grant())) {
      done(MAX_STREAMS_UNI, SentFrames.Kind.MAX_STREAMS_UNI, sent);
    }
    if (has(DATA_BLOCKED)) {
      if (!credit.isBlockedNews()) {
        pending &= ~DATA_BLOCKED;
      } else if (writer.dataBlocked(credit.peerLimit())) {
        credit.onBlockedReported();
        done(DATA_BLOCKED, SentFrames.Kind.DATA_BLOCKED, sent);
      }
    }
    writeStreamsBlocked(STREAMS_BLOCKED_BIDI, bidi, writer, sent);
    writeStreamsBlocked(STREAMS_BLOCKED_UNI, uni, writer, sent);
  }

  private void writeStreamsBlocked(int flag, StreamIds ids, FrameWriter writer, SentFrames sent) {
    if (!has(flag)) {
      return;
    }
    boolean bidirectional = flag == STREAMS_BLOCKED_BIDI;
    if (ids.openable() > 0) {
      pending &= ~flag;
    } else if (writer.streamsBlocked(bidirectional, ids.localLimit())) {
      done(
          flag,
          bidirectional
              ? SentFrames.Kind.STREAMS_BLOCKED_BIDI
              : SentFrames.Kind.STREAMS_BLOCKED_UNI,
          sent);
    }
  }

  private boolean has(int flag) {
    return (pending & flag) != 0;
  }

  private void done(int flag, SentFrames.Kind kind, SentFrames sent) {
    pending &= ~flag;
    sent.add(kind);
  }

  /** Returns whether all that the stream had to say is written. */
  private boolean writeStream(
      MuxStream stream, FrameWriter writer, SentFrames sent, long nowNanos, long rttNanos) {
    SendStream send = stream.send();
    RecvStream recv = stream.recv();
    if (!stream.mux.priorities().write(stream, writer, sent)) { // first: others open the stream
      return false;
    }
    if (has(stream, RESET_STREAM)
        && send != null
        && send.isResetDue()
        && !writeReset(stream, send, writer, sent)) {
      return false;
    }
    if (has(stream, STOP_SENDING)
        && recv != null
        && !recv.isOver()
        && !done(
            stream,
            STOP_SENDING,
            writer.stopSending(stream.id(), recv.discardCode()),
            SentFrames.Kind.STOP_SENDING,
            sent)) {
      return false;
    }
    if (has(stream, MAX_STREAM_DATA)
        && recv != null
        && recv.takesCredit()
        && !done(
            stream,
            MAX_STREAM_DATA,
            writer.maxStreamData(stream.id(), raise(recv, nowNanos, rttNanos)),
            SentFrames.Kind.MAX_STREAM_DATA,
            sent)) {
      return false;
    }
    return !has(stream, STREAM_DATA_BLOCKED)
        || send == null
        || !send.isBlocked()
        || done(
            stream,
            STREAM_DATA_BLOCKED,
            writer.streamDataBlocked(stream.id(), send.maxData()),
            SentFrames.Kind.STREAM_DATA_BLOCKED,
            sent);
  }

  private static boolean writeReset(
      MuxStream stream, SendStream send, FrameWriter writer, SentFrames sent) {
    long code = send.resetCode();
    long reliable = send.reliableSize();
    boolean written =
        reliable == 0
            ? writer.resetStream(stream.id(), code, send.sentTo())
            : writer.resetStreamAt(stream.id(), code, send.sentTo(), reliable);
    if (written) {
      stream.pendingControl &= ~RESET_STREAM;
      send.onResetSent();
      sent.add(SentFrames.Kind.RESET_STREAM, stream.id(), reliable);
    }
    return written;
  }

  private long raise(RecvStream recv, long nowNanos, long rttNanos) {
    MemoryBudget.Pressure pressure = budget.pressure();
    long limit = recv.window().raise(nowNanos, rttNanos, pressure);
    // Half as much again lets one stream at full window leave room for others.
    if (pressure == MemoryBudget.Pressure.NONE) {
      credit.window().atLeast(recv.window().windowBytes() * 3 / 2);
    }
    return limit;
  }

  private static boolean has(MuxStream stream, int flag) {
    return (stream.pendingControl & flag) != 0;
  }

  private static boolean done(
      MuxStream stream, int flag, boolean written, SentFrames.Kind kind, SentFrames sent) {
    if (written) {
      stream.pendingControl &= ~flag;
      sent.add(kind, stream.id());
    }
    return written;
  }
}
