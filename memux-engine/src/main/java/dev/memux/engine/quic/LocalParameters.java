package dev.memux.engine.quic;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.TransportParameters;

/** What we tell the peer of ourselves in the handshake (RFC 9000 §7.4, §18.2). */
final class LocalParameters {
  static final int ACK_DELAY_EXPONENT = 3;
  static final long MAX_ACK_DELAY_NANOS = 25_000_000;

  /** A loop's timer is no finer. */
  static final long MIN_ACK_DELAY_NANOS = 1_000_000;

  private static final long MICRO_NANOS = 1_000;
  private static final long MILLI_NANOS = 1_000_000;

  private LocalParameters() {}

  static TransportParameters ofClient(
      QuicConfig config, MuxConfig mux, LocalConnectionIds localIds) {
    return common(config, mux, localIds).build();
  }

  /**
   * @param start where the client went at first, which has to be confirmed to it (RFC 9000 §7.3)
   */
  static TransportParameters ofServer(
      QuicConfig config, MuxConfig mux, LocalConnectionIds localIds, ConnectionStart start) {
    TransportParameters.Builder parameters =
        common(config, mux, localIds)
            .originalDestinationConnectionId(start.original().toByteArray())
            .statelessResetToken(localIds.firstResetToken())
            .disableActiveMigration(true);
    ConnectionId retrySource = start.retrySource();
    if (retrySource != null) {
      parameters.retrySourceConnectionId(retrySource.toByteArray());
    }
    return parameters.build();
  }

  /** Of either side. */
  private static TransportParameters.Builder common(
      QuicConfig config, MuxConfig mux, LocalConnectionIds localIds) {
    return TransportParameters.builder()
        .maxIdleTimeoutMillis(config.maxIdleTimeoutNanos() / MILLI_NANOS)
        .initialMaxData(mux.connectionWindowBytes())
        .initialMaxStreamDataBidi(mux.streamWindowBytes())
        .initialMaxStreamDataUni(mux.streamWindowBytes())
        .initialMaxStreamsBidi(mux.maxBidiStreams())
        .initialMaxStreamsUni(mux.maxUniStreams())
        .maxDatagramFrameBytes(mux.datagrams().maxFrameBytes())
        .resetStreamAt(true)
        .streamPriority(mux.streamPriority())
        .ackDelayExponent(ACK_DELAY_EXPONENT)
        .maxAckDelayMillis(MAX_ACK_DELAY_NANOS / MILLI_NANOS)
        .greaseQuicBit(true)
        .minAckDelayMicros(MIN_ACK_DELAY_NANOS / MICRO_NANOS)
        .activeConnectionIdLimit(PeerConnectionIds.ACTIVE_LIMIT)
        .initialSourceConnectionId(localIds.first().toByteArray());
  }
}
