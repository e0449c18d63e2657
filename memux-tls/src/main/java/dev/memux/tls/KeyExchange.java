package dev.memux.tls;

import dev.memux.tls.HandshakeCrypto.Curve;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** An ephemeral key of one group, waiting for the other side's share (RFC 8446 §4.2.8, §7.4). */
sealed interface KeyExchange extends AutoCloseable permits DiffieHellman, HybridKeyExchange {
  /** What a server makes of a client's share. The secret must be wiped. */
  record Answer(byte[] share, byte[] secret) {
    @Override
    public String toString() {
      return "Answer[" + share.length + " bytes]";
    }
  }

  /**
   * A client's keys, one of each group. draft-ietf-tls-hybrid-design §3.2: where the same algorithm
   * is in two groups of one ClientHello, both may have the same key, which spares making another.
   */
  static Map<NamedGroup, KeyExchange> generate(
      List<NamedGroup> groups, HandshakeCrypto crypto, SecureRandom random) {
    Map<NamedGroup, KeyExchange> keys = new EnumMap<>(NamedGroup.class);
    if (groups.contains(NamedGroup.X25519MLKEM768) && groups.contains(NamedGroup.X25519)) {
      HybridKeyExchange hybrid = HybridKeyExchange.generate(crypto, random);
      keys.put(NamedGroup.X25519MLKEM768, hybrid);
      keys.put(NamedGroup.X25519, hybrid.x25519());
    }
    for (NamedGroup group : groups) {
      keys.computeIfAbsent(group, one -> generate(one, crypto, random));
    }
    return keys;
  }

  /** A client's key of {@code group}. */
  static KeyExchange generate(NamedGroup group, HandshakeCrypto crypto, SecureRandom random) {
    return switch (group) {
      case X25519MLKEM768 -> HybridKeyExchange.generate(crypto, random);
      case X25519 -> diffieHellman(Curve.X25519, crypto, random);
      case SECP256R1 -> diffieHellman(Curve.P256, crypto, random);
    };
  }

  /**
   * A server's share for a client's, and the secret that both lead to.
   *
   * @throws TlsAlertException illegal_parameter for a share that is none of {@code group}
   */
  static Answer answer(
      NamedGroup group, byte[] clientShare, HandshakeCrypto crypto, SecureRandom random)
      throws TlsAlertException {
    return switch (group) {
      case X25519MLKEM768 -> HybridKeyExchange.answer(clientShare, crypto, random);
      case X25519, SECP256R1 -> {
        try (KeyExchange ours = generate(group, crypto, random)) {
          yield new Answer(ours.share(), ours.agree(clientShare));
        }
      }
    };
  }

  static DiffieHellman diffieHellman(Curve curve, HandshakeCrypto crypto, SecureRandom random) {
    return new DiffieHellman(curve, crypto.generate(curve, random));
  }

  /** The public half as it stands in a key share. */
  byte[] share();

  /**
   * The shared secret.
   *
   * @param peerShare the answer to {@link #share}
   * @throws TlsAlertException illegal_parameter for a share that is none of the group
   */
  byte[] agree(byte[] peerShare) throws TlsAlertException;

  /** Lets the private half go. */
  @Override
  void close();
}
