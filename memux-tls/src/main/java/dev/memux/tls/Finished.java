package dev.memux.tls;

import java.security.MessageDigest;

/** Finished (RFC 8446 §4.4.4): proof that both sides saw the same handshake and hold its keys. */
final class Finished {
  private Finished() {}

  /**
   * @throws TlsAlertException decrypt_error if it is not {@code expected}
   */
  static void verify(HandshakeReader body, byte[] expected) throws TlsAlertException {
    byte[] received = body.bytes(expected.length);
    body.finish();
    // In constant time: how far a guess was right must not be measurable.
    if (!MessageDigest.isEqual(received, expected)) {
      throw new TlsAlertException(AlertDescription.DECRYPT_ERROR, "Finished is wrong");
    }
  }

  static byte[] write(byte[] verifyData) {
    return new HandshakeWriter(HandshakeType.FINISHED).bytes(verifyData).finish();
  }
}
