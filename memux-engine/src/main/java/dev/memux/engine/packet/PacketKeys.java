package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.Hkdf;

/** What a secret is made into (RFC 9001 §5.1). */
final class PacketKeys {
  private static final byte[] NO_CONTEXT = {};

  private PacketKeys() {}

  static Aead sealing(
      PacketProtection protection, QuicVersion version, CipherSuite suite, byte[] secret) {
    return protection.sealing(suite, key(version, suite, secret), iv(version, suite, secret));
  }

  static Aead opening(
      PacketProtection protection, QuicVersion version, CipherSuite suite, byte[] secret) {
    return protection.opening(suite, key(version, suite, secret), iv(version, suite, secret));
  }

  static HeaderProtection headerProtection(
      PacketProtection protection, QuicVersion version, CipherSuite suite, byte[] secret) {
    return protection.headerProtection(suite, headerProtectionKey(version, suite, secret));
  }

  /** Outlives key updates (RFC 9001 §5.4). */
  static byte[] headerProtectionKey(QuicVersion version, CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(
        suite,
        secret,
        VersionTraits.of(version).headerProtectionLabel(),
        NO_CONTEXT,
        suite.keyBytes());
  }

  /** The secret of the next key phase (RFC 9001 §6.1). */
  static byte[] nextSecret(QuicVersion version, CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(
        suite, secret, VersionTraits.of(version).keyUpdateLabel(), NO_CONTEXT, suite.hashBytes());
  }

  private static byte[] key(QuicVersion version, CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(
        suite, secret, VersionTraits.of(version).keyLabel(), NO_CONTEXT, suite.keyBytes());
  }

  private static byte[] iv(QuicVersion version, CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(
        suite, secret, VersionTraits.of(version).ivLabel(), NO_CONTEXT, Aead.NONCE_BYTES);
  }
}
