package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import dev.memux.tls.EncryptionLevel;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Before the client has shown that it lives at an address, by a Handshake packet, the token of a
 * Retry or the answer to a path challenge, the server sends there no more than three times what
 * came from there (RFC 9000 §8.1, §9.3.1); datagrams that carry Initials or answer challenges are
 * not smaller than 1200 bytes (§14.1, §8.2.2).
 */
final class AmplificationInvariant {
  private static final int FACTOR = 3;
  private static final int FULL_BYTES = 1200;

  private final Map<InetSocketAddress, Address> addresses = new HashMap<>();

  /** To which address which challenge went. */
  private final Map<Long, InetSocketAddress> challenges = new HashMap<>();

  private static final class Address {
    long receivedBytes;
    long sentBytes;
    boolean validated;
  }

  private Address at(InetSocketAddress client) {
    return addresses.computeIfAbsent(client, a -> new Address());
  }

  void onDatagramDelivered(Side receiver, InetSocketAddress client, int bytes) {
    if (receiver == Side.SERVER) {
      at(client).receivedBytes += bytes;
    }
  }

  void onPacketDelivered(
      Side sender, InetSocketAddress client, EncryptionLevel level, boolean hasToken) {
    at(client).validated |=
        sender == Side.CLIENT && (level == EncryptionLevel.HANDSHAKE || hasToken);
  }

  void onDatagramSent(Side sender, InetSocketAddress client, int bytes) {
    if (sender == Side.SERVER) {
      Address address = at(client);
      address.sentBytes += bytes;
      if (!address.validated && address.sentBytes > FACTOR * address.receivedBytes) {
        throw new Violation(
            AmplificationInvariant.class,
            "server sent %d bytes to %s, received %d"
                .formatted(address.sentBytes, client, address.receivedBytes));
      }
    }
  }

  /** Whether the server may send as much as it likes to that address. */
  boolean isValidated(InetSocketAddress client) {
    return at(client).validated;
  }

  void onChallengeSent(Side sender, InetSocketAddress client, long data) {
    if (sender == Side.SERVER) {
      challenges.put(data, client);
    }
  }

  void onAnswerSent(Side sender, int datagramBytes) {
    if (sender == Side.CLIENT && datagramBytes < FULL_BYTES) {
      throw new Violation(
          AmplificationInvariant.class,
          "answers a challenge in a datagram of " + datagramBytes + " bytes");
    }
  }

  void onAnswerDelivered(Side sender, long data) {
    InetSocketAddress challenged = challenges.get(data);
    if (sender == Side.CLIENT && challenged != null) {
      at(challenged).validated = true;
    }
  }

  void onPacketSent(Side sender, EncryptionLevel level, boolean ackEliciting, int datagramBytes) {
    if (level == EncryptionLevel.INITIAL
        && (sender == Side.CLIENT || ackEliciting)
        && datagramBytes < FULL_BYTES) {
      throw new Violation(
          AmplificationInvariant.class,
          sender + " sends an Initial in a datagram of " + datagramBytes + " bytes");
    }
  }
}
