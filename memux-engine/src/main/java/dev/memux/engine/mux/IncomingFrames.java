package dev.memux.engine.mux;

import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import org.jspecify.annotations.Nullable;

/**
 * The peer's frames about streams and flow control: finds the stream that each concerns, opens
 * those that the peer has opened by it, and has it pay for frames that bring nothing.
 */
final class IncomingFrames {
  private final Mux mux;
  private final StreamTable streams;
  private final ControlQueue control;
  private final ConnectionCredit credit;
  private final PeerEffort effort;
  private final boolean ordered;

  /** Whether what arrives now is early data. */
  private boolean early;

  private boolean bidiLimitRose;
  private boolean uniLimitRose;

  IncomingFrames(
      Mux mux,
      StreamTable streams,
      ControlQueue control,
      ConnectionCredit credit,
      PeerEffort effort,
      boolean ordered) {
    this.mux = mux;
    this.streams = streams;
    this.control = control;
    this.credit = credit;
    this.effort = effort;
    this.ordered = ordered;
  }

  /** The frames that follow come from this packet. */
  void onPacket(boolean earlyData, long nowNanos) {
    early = earlyData;
    effort.beginPacket(nowNanos);
  }

  void onStream(long id, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    boolean isNew = length == 0 && streams.get(id) == null;
    MuxStream stream = receiving(id, FrameType.STREAM);
    if (stream == null || stream.recv() == null) {
      effort.onForgottenStream(length);
      return;
    }
    effort.onStreamFrame(stream, length, isNew, fin);
    RecvStream recv = stream.recv();
    if (ordered && offset != recv.highest()) {
      // QMux §4.1: nothing is lost or overtaken, so that a gap or a repetition is the sender's.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, FrameType.STREAM.code(), "stream data out of order");
    }
    stream.early |= early;
    credit.onReceived(recv.growth(offset + length), FrameType.STREAM);
    if (recv.onData(offset, data, from, length, fin)) {
      mux.raise(stream, MuxStream.READABLE);
    } else if (recv.isDiscarding() || recv.isReset()) {
      mux.returnCredit(recv, recv.highest());
      mux.closeIfOver(stream);
    }
  }

  void onControl(ControlFrame frame) throws ProtocolException {
    switch (frame) {
      case ControlFrame.ResetStream reset ->
          onReset(reset.type(), reset.streamId(), reset.errorCode(), reset.finalSize(), 0);
      case ControlFrame.ResetStreamAt reset ->
          onReset(
              reset.type(),
              reset.streamId(),
              reset.errorCode(),
              reset.finalSize(),
              reset.reliableSize());
      case ControlFrame.StopSending stop -> onStopSending(stop);
      case ControlFrame.MaxData max ->
          effort.onLimit(credit.onMaxData(max.maximum()), frame.type());
      case ControlFrame.MaxStreamData max -> onMaxStreamData(max);
      case ControlFrame.MaxStreams max -> onMaxStreams(max);
      case ControlFrame.DataBlocked blocked -> effort.onIdleFrame(frame.type());
      case ControlFrame.StreamDataBlocked blocked -> {
        receiving(blocked.streamId(), FrameType.STREAM_DATA_BLOCKED);
        effort.onIdleFrame(frame.type());
      }
      case ControlFrame.StreamsBlocked blocked -> onStreamsBlocked(blocked);
      case ControlFrame.StreamPriority priority -> mux.priorities().onFrame(priority);
      case ControlFrame.NewToken other -> throw notOurs(other);
      case ControlFrame.NewConnectionId other -> throw notOurs(other);
      case ControlFrame.RetireConnectionId other -> throw notOurs(other);
      case ControlFrame.PathChallenge other -> throw notOurs(other);
      case ControlFrame.PathResponse other -> throw notOurs(other);
      case ControlFrame.ConnectionClose other -> throw notOurs(other);
      case ControlFrame.HandshakeDone other -> throw notOurs(other);
      case ControlFrame.AckFrequency other -> throw notOurs(other);
      case ControlFrame.ImmediateAck other -> throw notOurs(other);
      case ControlFrame.QxPing other -> throw notOurs(other);
      case ControlFrame.QxTransportParameters other -> throw notOurs(other);
    }
  }

  private static IllegalStateException notOurs(ControlFrame frame) {
    return new IllegalStateException("not a frame of streams: " + frame.type());
  }

  private void onReset(FrameType frame, long id, long code, long finalSize, long reliableSize)
      throws ProtocolException {
    MuxStream stream = receiving(id, frame);
    if (stream == null || stream.recv() == null) {
      effort.onLateFrame(frame);
      return;
    }
    RecvStream recv = stream.recv();
    boolean wasOver = recv.isOver();
    credit.onReceived(recv.growth(finalSize), frame);
    boolean news =
        frame == FrameType.RESET_STREAM_AT
            ? recv.onResetAt(code, finalSize, reliableSize)
            : recv.onReset(code, finalSize);
    if (recv.isOver()) {
      // RFC 9000 §4.5: all flow-control credit of the stream counts as used, and comes back.
      mux.returnCredit(recv, recv.highest());
    }
    if (news) {
      mux.raise(stream, MuxStream.RESET);
    } else if (wasOver) {
      effort.onLateFrame(frame);
    } else {
      effort.onIdleFrame(frame);
    }
    mux.closeIfOver(stream);
  }

  private void onStopSending(ControlFrame.StopSending frame) throws ProtocolException {
    MuxStream stream = sending(frame.streamId(), FrameType.STOP_SENDING);
    SendStream send = stream == null ? null : stream.send();
    if (stream == null || send == null || send.isOver()) {
      effort.onLateFrame(frame.type());
      return;
    }
    if (send.stopCode() >= 0) {
      effort.onIdleFrame(frame.type());
    } else {
      send.onStopped(frame.errorCode());
      mux.raise(stream, MuxStream.STOPPED);
    }
    mux.reset(stream, frame.errorCode()); // RFC 9000 §3.5
  }

  private void onMaxStreamData(ControlFrame.MaxStreamData frame) throws ProtocolException {
    MuxStream stream = sending(frame.streamId(), FrameType.MAX_STREAM_DATA);
    long rise = 0;
    if (stream != null && stream.send() != null) {
      rise = stream.send().onMaxData(frame.maximum());
      mux.onSendChanged(stream);
    }
    effort.onLimit(rise, frame.type());
  }

  private void onMaxStreams(ControlFrame.MaxStreams frame) throws ProtocolException {
    boolean rose = mux.ids(frame.bidirectional()).onMaxStreams(frame.maximum());
    if (!rose) {
      effort.onIdleFrame(frame.type());
    } else if (frame.bidirectional()) {
      bidiLimitRose = true;
    } else {
      uniLimitRose = true;
    }
    mux.resumeWithheld();
  }

  private void onStreamsBlocked(ControlFrame.StreamsBlocked frame) throws ProtocolException {
    effort.onIdleFrame(frame.type());
    if (mux.ids(frame.bidirectional()).hasGrant()) { // not due perhaps, but the peer waits for it
      control.add(
          frame.bidirectional() ? ControlQueue.MAX_STREAMS_BIDI : ControlQueue.MAX_STREAMS_UNI);
    }
  }

  /** Returns whether the peer has raised our limit of that type since the last call. */
  boolean takeLimitRose(StreamType type) {
    boolean rose = type == StreamType.BIDIRECTIONAL ? bidiLimitRose : uniLimitRose;
    if (type == StreamType.BIDIRECTIONAL) {
      bidiLimitRose = false;
    } else {
      uniLimitRose = false;
    }
    return rose;
  }

  /** The stream of a frame that only a sender may send; null if it is over and forgotten. */
  private @Nullable MuxStream receiving(long id, FrameType frame) throws ProtocolException {
    if (mux.isLocal(id) && StreamType.of(id) == StreamType.UNIDIRECTIONAL) {
      throw stateError(id, frame, "is send-only"); // RFC 9000 §19.8, §19.4, §19.13
    }
    return find(id, frame);
  }

  /** The stream of a frame that only a receiver may send; null if it is over and forgotten. */
  private @Nullable MuxStream sending(long id, FrameType frame) throws ProtocolException {
    if (!mux.isLocal(id) && StreamType.of(id) == StreamType.UNIDIRECTIONAL) {
      throw stateError(id, frame, "is receive-only"); // RFC 9000 §19.5, §19.10
    }
    return find(id, frame);
  }

  private @Nullable MuxStream find(long id, FrameType frame) throws ProtocolException {
    MuxStream known = streams.get(id);
    if (known != null) {
      return known;
    }
    StreamIds ids = mux.ids(StreamType.of(id));
    if (mux.isLocal(id)) {
      if (!ids.isLocalOpened(id)) {
        throw stateError(id, frame, "is not open"); // RFC 9000 §19.8, §19.5
      }
      return null;
    }
    ids.checkRemote(id, frame);
    effort.onStreamOpened(frame);
    // RFC 9000 §3.2: opening a stream opens all of its type with lower numbers.
    MuxStream opened = null;
    while (ids.nextRemote() <= id) {
      opened = mux.createRemote(ids.nextRemote());
      ids.onRemoteOpened();
      mux.priorities().onOpened(opened);
    }
    mux.grantIfDue(ids, StreamType.of(id));
    return opened;
  }

  static ProtocolException stateError(long id, FrameType frame, String problem) {
    return new ProtocolException(
        TransportError.STREAM_STATE_ERROR, frame.code(), "stream " + id + " " + problem);
  }
}
