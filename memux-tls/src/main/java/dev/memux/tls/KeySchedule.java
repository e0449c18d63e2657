package dev.memux.tls;

import java.util.Arrays;

/**
 * Secrets of one connection (RFC 8446 §7.1), without a PSK. Each stage's secret is wiped as soon as
 * the next is derived; the traffic secrets live until {@link #destroy}.
 */
final class KeySchedule {
  private static final byte[] NO_CONTEXT = {};

  private final CipherSuite suite;
  private byte[] stage; // the early, then the handshake, then the master secret
  private byte[] clientHandshake = NO_CONTEXT;
  private byte[] serverHandshake = NO_CONTEXT;
  private byte[] clientApplication = NO_CONTEXT;
  private byte[] serverApplication = NO_CONTEXT;

  KeySchedule(CipherSuite suite) {
    this.suite = suite;
    byte[] zeros = new byte[suite.hashBytes()];
    stage = Hkdf.extract(suite, zeros, zeros);
  }

  CipherSuite suite() {
    return suite;
  }

  /**
   * To the handshake secrets; wipes {@code sharedSecret}.
   *
   * @param helloHash of ClientHello to ServerHello
   */
  void onSharedSecret(byte[] sharedSecret, byte[] helloHash) {
    advance(sharedSecret);
    Arrays.fill(sharedSecret, (byte) 0);
    clientHandshake = derive("c hs traffic", helloHash);
    serverHandshake = derive("s hs traffic", helloHash);
  }

  /**
   * To the application secrets.
   *
   * @param finishedHash of ClientHello to the server's Finished
   */
  void onServerFinished(byte[] finishedHash) {
    advance(new byte[suite.hashBytes()]);
    clientApplication = derive("c ap traffic", finishedHash);
    serverApplication = derive("s ap traffic", finishedHash);
  }

  byte[] clientHandshakeSecret() {
    return clientHandshake.clone();
  }

  byte[] serverHandshakeSecret() {
    return serverHandshake.clone();
  }

  byte[] clientApplicationSecret() {
    return clientApplication.clone();
  }

  byte[] serverApplicationSecret() {
    return serverApplication.clone();
  }

  /** What the client's Finished must hold (RFC 8446 §4.4.4). */
  byte[] clientFinished(byte[] transcriptHash) {
    return finished(clientHandshake, transcriptHash);
  }

  /** What the server's Finished must hold (RFC 8446 §4.4.4). */
  byte[] serverFinished(byte[] transcriptHash) {
    return finished(serverHandshake, transcriptHash);
  }

  /** Wipes all secrets. */
  void destroy() {
    for (byte[] secret :
        new byte[][] {
          stage, clientHandshake, serverHandshake, clientApplication, serverApplication
        }) {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private void advance(byte[] inputKeyMaterial) {
    byte[] salt = derive("derived", Transcript.emptyHash(suite));
    Arrays.fill(stage, (byte) 0);
    stage = Hkdf.extract(suite, salt, inputKeyMaterial);
    Arrays.fill(salt, (byte) 0);
  }

  private byte[] derive(String label, byte[] transcriptHash) {
    return Hkdf.expandLabel(suite, stage, label, transcriptHash, suite.hashBytes());
  }

  private byte[] finished(byte[] trafficSecret, byte[] transcriptHash) {
    byte[] key = Hkdf.expandLabel(suite, trafficSecret, "finished", NO_CONTEXT, suite.hashBytes());
    byte[] mac = Hkdf.hmac(suite, key).doFinal(transcriptHash);
    Arrays.fill(key, (byte) 0);
    return mac;
  }
}
