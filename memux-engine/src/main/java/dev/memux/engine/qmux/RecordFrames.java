package dev.memux.engine.qmux;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;

/**
 * Hands each frame of a record to the part of the connection that it concerns. What follows a
 * CONNECTION_CLOSE concerns nobody.
 */
final class RecordFrames implements FrameSink, RecordReader.Listener {
  private final QmuxConnection connection;
  private final FrameReader reader = new FrameReader();
  private long nowNanos;
  private boolean useful;

  RecordFrames(QmuxConnection connection) {
    this.connection = connection;
  }

  /** The records that follow have come at that time. */
  void begin(long timeNanos) {
    nowNanos = timeNanos;
  }

  @Override
  public boolean isReading() {
    return connection.isOpen();
  }

  @Override
  public void onRecord(byte[] buffer, int from, int to) throws ProtocolException {
    connection.onRecord(nowNanos);
    checkFirst(buffer, from, to);
    useful = false;
    reader.readRecord(buffer, from, to, this);
    if (!useful && connection.isOpen()) {
      // QMux §12.2: PADDING and pings alone keep us busy for nothing.
      connection.mux().onIdleFrame(FrameType.PADDING);
    }
  }

  /** QMux §4.2: the first frame, before any PADDING even, is QX_TRANSPORT_PARAMETERS. */
  private void checkFirst(byte[] buffer, int from, int to) throws ProtocolException {
    if (connection.peerParameters() == null
        && (to - from < Long.BYTES
            || VarInt.sizeOf(buffer[from]) < Long.BYTES
            || VarInt.read(buffer, from) != FrameType.QX_TRANSPORT_PARAMETERS.code())) {
      // Without them nothing else has a meaning; perhaps it is not QMux at all.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, 0, "does not begin with transport parameters");
    }
  }

  @Override
  public void onStream(long streamId, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    if (begins(FrameType.STREAM)) {
      connection.mux().onStream(streamId, offset, data, from, length, fin);
    }
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes)
      throws ProtocolException {
    if (begins(FrameType.DATAGRAM)) {
      connection.mux().onDatagram(data, from, length, frameBytes);
    }
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    throw new IllegalStateException("not in records");
  }

  @Override
  public void onAck(AckFrame ack) {
    throw new IllegalStateException("not in records");
  }

  @Override
  public void onControl(ControlFrame frame) throws ProtocolException {
    if (!begins(frame.type())) {
      return;
    }
    switch (frame) {
      case ControlFrame.ResetStream f -> connection.mux().onControl(f);
      case ControlFrame.ResetStreamAt f -> connection.mux().onControl(f);
      case ControlFrame.StopSending f -> connection.mux().onControl(f);
      case ControlFrame.MaxData f -> connection.mux().onControl(f);
      case ControlFrame.MaxStreamData f -> connection.mux().onControl(f);
      case ControlFrame.MaxStreams f -> connection.mux().onControl(f);
      case ControlFrame.DataBlocked f -> connection.mux().onControl(f);
      case ControlFrame.StreamDataBlocked f -> connection.mux().onControl(f);
      case ControlFrame.StreamsBlocked f -> connection.mux().onControl(f);
      case ControlFrame.StreamPriority f -> connection.mux().onControl(f);
      case ControlFrame.QxTransportParameters f -> connection.onPeerParameters(f.encoded());
      case ControlFrame.QxPing f -> connection.pings().onFrame(f, nowNanos);
      case ControlFrame.ConnectionClose f -> connection.onPeerClose(f, nowNanos);
      case ControlFrame.NewToken f -> throw notInRecords(f);
      case ControlFrame.NewConnectionId f -> throw notInRecords(f);
      case ControlFrame.RetireConnectionId f -> throw notInRecords(f);
      case ControlFrame.PathChallenge f -> throw notInRecords(f);
      case ControlFrame.PathResponse f -> throw notInRecords(f);
      case ControlFrame.HandshakeDone f -> throw notInRecords(f);
    }
  }

  private static IllegalStateException notInRecords(ControlFrame frame) {
    return new IllegalStateException("not in records: " + frame.type());
  }

  /** Returns whether the frame is of interest. */
  private boolean begins(FrameType type) throws ProtocolException {
    if (!connection.isOpen()) {
      return false;
    }
    if (type == FrameType.QX_TRANSPORT_PARAMETERS && connection.peerParameters() != null) {
      // QMux §4.2: they never change.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, type.code(), "transport parameters again");
    }
    useful |= type != FrameType.QX_PING && type != FrameType.QX_PING_RESPONSE;
    return true;
  }
}
