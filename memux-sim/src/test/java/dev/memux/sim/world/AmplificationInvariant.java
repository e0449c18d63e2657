package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import dev.memux.tls.EncryptionLevel;

/**
 * Before a Handshake packet or the token of a Retry has shown that the client lives at its address,
 * the server sends no more than three times what came from there (RFC 9000 §8.1); datagrams that
 * carry Initials are not smaller than 1200 bytes (§14.1).
 */
final class AmplificationInvariant {
  private static final int FACTOR = 3;
  private static final int SMALLEST_INITIAL_DATAGRAM_BYTES = 1200;

  private long receivedBytes;
  private long sentBytes;
  private boolean validated;

  void onDatagramDelivered(Side receiver, int bytes) {
    if (receiver == Side.SERVER) {
      receivedBytes += bytes;
    }
  }

  void onPacketDelivered(Side sender, EncryptionLevel level, boolean hasToken) {
    validated |= sender == Side.CLIENT && (level == EncryptionLevel.HANDSHAKE || hasToken);
  }

  void onDatagramSent(Side sender, int bytes) {
    if (sender == Side.SERVER) {
      sentBytes += bytes;
      if (!validated && sentBytes > FACTOR * receivedBytes) {
        throw new Violation(
            AmplificationInvariant.class,
            "server sent %d bytes, received %d".formatted(sentBytes, receivedBytes));
      }
    }
  }

  void onPacketSent(Side sender, EncryptionLevel level, boolean ackEliciting, int datagramBytes) {
    if (level == EncryptionLevel.INITIAL
        && (sender == Side.CLIENT || ackEliciting)
        && datagramBytes < SMALLEST_INITIAL_DATAGRAM_BYTES) {
      throw new Violation(
          AmplificationInvariant.class,
          sender + " sends an Initial in a datagram of " + datagramBytes + " bytes");
    }
  }
}
