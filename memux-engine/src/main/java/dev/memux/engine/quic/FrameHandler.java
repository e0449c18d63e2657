package dev.memux.engine.quic;

import dev.memux.engine.recovery.AckDelay;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * Hands each frame of a packet to the part of the connection that it concerns. What follows a
 * CONNECTION_CLOSE concerns nobody.
 */
final class FrameHandler implements FrameSink {
  private final QuicConnection connection;
  private final IdlePackets idlePackets;
  private PacketNumberSpace space;
  private byte[] datagram = new byte[0];
  private int dcidFrom;
  private int dcidLength;
  private long nowNanos;

  FrameHandler(QuicConnection connection, long nowNanos) {
    this.connection = connection;
    this.idlePackets = new IdlePackets(nowNanos);
    this.space = connection.initialSpace();
  }

  /** The frames that follow come from this packet. */
  void begin(
      PacketNumberSpace packetSpace, byte[] bytes, int idFrom, int idLength, long timeNanos) {
    space = packetSpace;
    datagram = bytes;
    dcidFrom = idFrom;
    dcidLength = idLength;
    nowNanos = timeNanos;
    idlePackets.beginPacket();
  }

  /** That were all frames of the packet. */
  void end() throws ProtocolException {
    if (connection.isOpen()) {
      idlePackets.endPacket(nowNanos);
    }
  }

  @Override
  public void onStream(long streamId, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    if (!connection.isOpen()) {
      return;
    }
    idlePackets.onUse();
    connection.mux().onStream(streamId, offset, data, from, length, fin);
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes)
      throws ProtocolException {
    if (!connection.isOpen()) {
      return;
    }
    idlePackets.onUse();
    connection.mux().onDatagram(data, from, length, frameBytes);
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) throws ProtocolException {
    if (!connection.isOpen()) {
      return;
    }
    if (connection.handshake().onCrypto(space, offset, data, from, length)) {
      idlePackets.onUse();
    }
  }

  @Override
  public void onAck(AckFrame ack) throws ProtocolException {
    if (!connection.isOpen()) {
      return;
    }
    long delayNanos = AckDelay.decodeNanos(ack.delay(), connection.peerAckDelayExponent(space));
    Recovery recovery = connection.recovery();
    long largestBefore = recovery.largestAcked(space.space);
    long inFlightBefore = recovery.bytesInFlight();
    recovery.onAckReceived(space.space, ack, delayNanos, nowNanos);
    if (recovery.largestAcked(space.space) > largestBefore
        || recovery.bytesInFlight() < inFlightBefore) {
      idlePackets.onUse();
    } else {
      idlePackets.onStaleAck();
    }
  }

  @Override
  public void onControl(ControlFrame frame) throws ProtocolException {
    if (!connection.isOpen()) {
      return;
    }
    if (bringsSomething(frame)) {
      idlePackets.onUse();
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
      case ControlFrame.NewToken f -> {
        onlyFromServer(f);
        connection.onNewToken(f.token());
      }
      case ControlFrame.NewConnectionId f -> {
        connection.peerIds().onNewConnectionId(f);
        connection.paths().onPeerIdsChanged();
      }
      case ControlFrame.RetireConnectionId f ->
          connection.localIds().onRetired(f.sequence(), datagram, dcidFrom, dcidLength);
      case ControlFrame.AckFrequency f -> connection.onAckFrequency(f);
      case ControlFrame.ImmediateAck f -> space.received.onImmediateAck(nowNanos);
      case ControlFrame.PathChallenge f -> connection.paths().onChallenge(f.data(), nowNanos);
      case ControlFrame.PathResponse f -> connection.paths().onResponse(f.data(), nowNanos);
      case ControlFrame.ConnectionClose f -> connection.onPeerClose(f, nowNanos);
      case ControlFrame.HandshakeDone f -> {
        onlyFromServer(f);
        connection.onHandshakeDone(nowNanos);
      }
      case ControlFrame.QxPing f -> throw new IllegalStateException("not in packets: " + f);
      case ControlFrame.QxTransportParameters f ->
          throw new IllegalStateException("not in packets: " + f);
    }
  }

  /** Others have us answer, or tell us how to. */
  private static boolean bringsSomething(ControlFrame frame) {
    return !(frame instanceof ControlFrame.PathChallenge
        || frame instanceof ControlFrame.ImmediateAck
        || frame instanceof ControlFrame.AckFrequency);
  }

  /** RFC 9000 §19.7, §19.20. */
  private void onlyFromServer(ControlFrame frame) throws ProtocolException {
    if (connection.isServer()) {
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, frame.type().code(), frame.type() + " from a client");
    }
  }
}
