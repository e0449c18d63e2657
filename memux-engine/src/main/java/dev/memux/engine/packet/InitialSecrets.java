package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import dev.memux.tls.Hkdf;
import java.util.HexFormat;

/**
 * The secrets of Initial packets, which anyone who sees the first one can derive (RFC 9001 §5.2).
 */
public final class InitialSecrets {
  /** RFC 9001 §5.2: Initial packets always use this suite. */
  public static final CipherSuite SUITE = CipherSuite.TLS_AES_128_GCM_SHA256;

  private static final byte[] SALT_V1 =
      HexFormat.of().parseHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");

  private InitialSecrets() {}

  /**
   * The secret of what the client sends.
   *
   * @param dcid the Destination Connection ID of the client's first Initial packet, or of the first
   *     one after a Retry
   */
  public static byte[] client(ConnectionId dcid) {
    return derive(dcid, "client in");
  }

  /** The secret of what the server sends, from the same ID as {@link #client}. */
  public static byte[] server(ConnectionId dcid) {
    return derive(dcid, "server in");
  }

  private static byte[] derive(ConnectionId dcid, String label) {
    byte[] initialSecret = Hkdf.extract(SUITE, SALT_V1, dcid.bytes);
    return Hkdf.expandLabel(SUITE, initialSecret, label, new byte[0], SUITE.hashBytes());
  }
}
