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

  /** Whether the record has had nothing but PADDING so far. */
  private boolean empty;

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
    if (connection.peerParameters() == null) {
      checkFirst(buffer, from, to);
    }
    empty = true;
    reader.readRecord(buffer, from, to, this);
    if (empty) {
      // QMux §12.2: PADDING alone keeps us busy, and the connection alive, for nothing.
      connection.mux().onIdleFrame(FrameType.PADDING);
    }
  }

  /** QMux §4.2: the first frame, before any PADDING even, is QX_TRANSPORT_PARAMETERS. */
  private static void checkFirst(byte[] buffer, int from, int to) throws ProtocolException {
    if (to - from < Long.BYTES
        || VarInt.sizeOf(buffer[from]) < Long.BYTES
        || VarInt.read(buffer, from) != FrameType.QX_TRANSPORT_PARAMETERS.code()) {
      // Without them no limit is known; and what comes may not be QMux at all.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, 0, "does not begin with transport parameters");
    }
  }

  @Override
  public void onStream(long streamId, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    empty = false;
    if (connection.isOpen()) {
      connection.mux().onStream(streamId, offset, data, from, length, fin);
    }
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes)
      throws ProtocolException {
    empty = false;
    if (connection.isOpen()) {
      connection.mux().onDatagram(data, from, length, frameBytes);
    }
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    throw new IllegalStateException("not in records: CRYPTO");
  }

  @Override
  public void onAck(AckFrame ack) {
    throw new IllegalStateException("not in records: ACK");
  }

  @Override
  public void onControl(ControlFrame frame) throws ProtocolException {
    empty = false;
    if (!connection.isOpen()) {
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
      case ControlFrame.QxPing f -> {
        connection.pings().onFrame(f, nowNanos);
        connection.mux().onIdleFrame(f.type()); // QMux §12.2: each has us answer
      }
      case ControlFrame.ConnectionClose f -> connection.onPeerClose(f, nowNanos);
      case ControlFrame.NewToken f -> throw notInRecords(f);
      case ControlFrame.NewConnectionId f -> throw notInRecords(f);
      case ControlFrame.RetireConnectionId f -> throw notInRecords(f);
      case ControlFrame.PathChallenge f -> throw notInRecords(f);
      case ControlFrame.PathResponse f -> throw notInRecords(f);
      case ControlFrame.HandshakeDone f -> throw notInRecords(f);
      case ControlFrame.AckFrequency f -> throw notInRecords(f);
      case ControlFrame.ImmediateAck f -> throw notInRecords(f);
    }
  }

  private static IllegalStateException notInRecords(ControlFrame frame) {
    return new IllegalStateException("not in records: " + frame.type());
  }
}
