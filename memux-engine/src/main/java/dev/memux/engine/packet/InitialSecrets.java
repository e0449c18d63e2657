package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.Hkdf;

/**
 * The secrets of Initial packets, which anyone who sees the first one can derive (RFC 9001 §5.2).
 */
public final class InitialSecrets {
  /** RFC 9001 §5.2: Initial packets always use this suite. */
  public static final CipherSuite SUITE = CipherSuite.TLS_AES_128_GCM_SHA256;

  private InitialSecrets() {}

  /**
   * The secret of what the client sends.
   *
   * @param version of the packets
   * @param dcid the Destination Connection ID of the client's first Initial packet, or of the first
   *     one after a Retry
   */
  public static byte[] client(QuicVersion version, ConnectionId dcid) {
    return derive(version, dcid, "client in");
  }

  /** The secret of what the server sends, from the same ID as {@link #client}. */
  public static byte[] server(QuicVersion version, ConnectionId dcid) {
    return derive(version, dcid, "server in");
  }

  private static byte[] derive(QuicVersion version, ConnectionId dcid, String label) {
    byte[] initialSecret = Hkdf.extract(SUITE, VersionTraits.of(version).initialSalt(), dcid.bytes);
    return Hkdf.expandLabel(SUITE, initialSecret, label, new byte[0], SUITE.hashBytes());
  }
}
