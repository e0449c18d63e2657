package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import dev.memux.tls.Hkdf;

/** What a secret is made into (RFC 9001 §5.1). */
final class PacketKeys {
  private static final byte[] NO_CONTEXT = {};

  private PacketKeys() {}

  static Aead sealing(PacketProtection protection, CipherSuite suite, byte[] secret) {
    return protection.sealing(suite, key(suite, secret), iv(suite, secret));
  }

  static Aead opening(PacketProtection protection, CipherSuite suite, byte[] secret) {
    return protection.opening(suite, key(suite, secret), iv(suite, secret));
  }

  static HeaderProtection headerProtection(
      PacketProtection protection, CipherSuite suite, byte[] secret) {
    return protection.headerProtection(suite, headerProtectionKey(suite, secret));
  }

  /** Outlives key updates (RFC 9001 §5.4). */
  static byte[] headerProtectionKey(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic hp", NO_CONTEXT, suite.keyBytes());
  }

  /** The secret of the next key phase (RFC 9001 §6.1). */
  static byte[] nextSecret(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic ku", NO_CONTEXT, suite.hashBytes());
  }

  private static byte[] key(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic key", NO_CONTEXT, suite.keyBytes());
  }

  private static byte[] iv(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic iv", NO_CONTEXT, Aead.NONCE_BYTES);
  }
}
