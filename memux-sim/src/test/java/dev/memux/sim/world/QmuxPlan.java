package dev.memux.sim.world;

import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.quic.Side;

/**
 * What is decided besides about a world whose connections go over QMux.
 *
 * @param clientMaxRecordBytes what the client takes
 * @param serverMaxRecordBytes what the server takes
 * @param preferredRecordBytes how long either's records are at most, unless a datagram needs more
 * @param bufferBytes how much has not left at most when another record is written
 * @param remembers whether the client goes by what it remembers of the server at first
 * @param lostLoudly whether both ends are told when the path dies
 */
record QmuxPlan(
    int clientMaxRecordBytes,
    int serverMaxRecordBytes,
    int preferredRecordBytes,
    int bufferBytes,
    boolean remembers,
    boolean lostLoudly) {

  int maxRecordBytes(Side side) {
    return side == Side.CLIENT ? clientMaxRecordBytes : serverMaxRecordBytes;
  }

  /** As QUIC's endpoints are configured, as far as it has a meaning. */
  QmuxConfig config(Side side, WorldPlan world) {
    QuicConfig quic = side == Side.CLIENT ? world.clientConfig() : world.serverConfig();
    return QmuxConfig.DEFAULT
        .withMaxIdleTimeoutNanos(quic.maxIdleTimeoutNanos())
        .withHandshakeTimeoutNanos(quic.handshakeTimeoutNanos())
        .withKeepAliveNanos(quic.keepAliveNanos())
        .withMaxRecordBytes(maxRecordBytes(side))
        .withMux(quic.mux());
  }
}
