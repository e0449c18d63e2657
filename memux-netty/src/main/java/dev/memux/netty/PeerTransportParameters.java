package dev.memux.netty;

import dev.memux.engine.wire.TransportParameters;
import io.netty.handler.codec.quic.QuicTransportParameters;

/** The peer's transport parameters (RFC 9000 §18.2) as Netty shows them. */
record PeerTransportParameters(TransportParameters parameters) implements QuicTransportParameters {
  @Override
  public long maxIdleTimeout() {
    return parameters.maxIdleTimeoutMillis();
  }

  @Override
  public long maxUdpPayloadSize() {
    return parameters.maxUdpPayloadBytes();
  }

  @Override
  public long initialMaxData() {
    return parameters.initialMaxData();
  }

  @Override
  public long initialMaxStreamDataBidiLocal() {
    return parameters.initialMaxStreamDataBidiLocal();
  }

  @Override
  public long initialMaxStreamDataBidiRemote() {
    return parameters.initialMaxStreamDataBidiRemote();
  }

  @Override
  public long initialMaxStreamDataUni() {
    return parameters.initialMaxStreamDataUni();
  }

  @Override
  public long initialMaxStreamsBidi() {
    return parameters.initialMaxStreamsBidi();
  }

  @Override
  public long initialMaxStreamsUni() {
    return parameters.initialMaxStreamsUni();
  }

  @Override
  public long ackDelayExponent() {
    return parameters.ackDelayExponent();
  }

  @Override
  public long maxAckDelay() {
    return parameters.maxAckDelayMillis();
  }

  @Override
  public boolean disableActiveMigration() {
    return parameters.disableActiveMigration();
  }

  @Override
  public long activeConnIdLimit() {
    return parameters.activeConnectionIdLimit();
  }

  @Override
  public long maxDatagramFrameSize() {
    return parameters.maxDatagramFrameBytes();
  }
}
