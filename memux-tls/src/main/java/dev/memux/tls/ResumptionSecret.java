package dev.memux.tls;

import java.util.Arrays;

/** What a connection's tickets get their keys from (RFC 8446 §4.6.1, §7.1). */
final class ResumptionSecret {
  private final CipherSuite suite;
  private final byte[] secret;

  ResumptionSecret(CipherSuite suite, byte[] secret) {
    this.suite = suite;
    this.secret = secret;
  }

  /**
   * The pre-shared key of one ticket.
   *
   * @param nonce unlike that of any other ticket of the connection
   */
  byte[] preSharedKey(byte[] nonce) {
    return Hkdf.expandLabel(suite, secret, "resumption", nonce, suite.hashBytes());
  }

  void destroy() {
    Arrays.fill(secret, (byte) 0);
  }
}
