package dev.memux.engine.quic;

import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.ReceivedPackets;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.tls.EncryptionLevel;
import org.jspecify.annotations.Nullable;

/** What a connection has of its own for each packet number space (RFC 9000 §12.3). */
final class PacketNumberSpace {
  final PacketSpace space;
  final EncryptionLevel level;
  final PacketType packetType;
  CryptoStream crypto;
  final ReceivedPackets received;
  @Nullable PacketSealer sealer;
  @Nullable PacketOpener opener;

  /** Whether {@link #sealer} is for 0-RTT packets: a client's, of APPLICATION only. */
  boolean sealsEarly;

  /** Of 1-RTT keys only. */
  final KeyPhases keyPhases = new KeyPhases(this);

  long nextPacketNumber;
  private boolean discarded;

  PacketNumberSpace(PacketSpace space, long maxAckDelayNanos, ChunkPool pool) {
    this.space = space;
    this.level =
        switch (space) {
          case INITIAL -> EncryptionLevel.INITIAL;
          case HANDSHAKE -> EncryptionLevel.HANDSHAKE;
          case APPLICATION -> EncryptionLevel.APPLICATION;
        };
    this.packetType =
        switch (space) {
          case INITIAL -> PacketType.INITIAL;
          case HANDSHAKE -> PacketType.HANDSHAKE;
          case APPLICATION -> PacketType.ONE_RTT;
        };
    this.crypto =
        new CryptoStream(
            pool,
            space == PacketSpace.INITIAL
                ? CryptoStream.MAX_INITIAL_BUFFERED_BYTES
                : CryptoStream.MAX_BUFFERED_BYTES);
    this.received = new ReceivedPackets(space, maxAckDelayNanos);
  }

  /** The handshake begins again: nothing that was said before counts. */
  void restartCrypto() {
    crypto = crypto.restarted();
  }

  /** What packets sent now are. */
  PacketType sentType() {
    return sealsEarly ? PacketType.ZERO_RTT : packetType;
  }

  /** Whether keys have been there and are gone. */
  boolean isDiscarded() {
    return discarded;
  }

  /** Drops keys and data for good (RFC 9001 §4.9). */
  void discard() {
    discarded = true;
    dropKeys();
    keyPhases.discard();
    crypto.release();
  }

  /** There may be others later. */
  void dropKeys() {
    if (sealer != null) {
      sealer.discard();
      sealer = null;
    }
    if (opener != null) {
      opener.discard();
      opener = null;
    }
  }
}
