package dev.memux.tls;

import java.util.Arrays;

/**
 * Secrets of one connection (RFC 8446 §7.1). Each stage's secret is wiped as soon as the next is
 * derived; the traffic secrets live until {@link #destroy}.
 */
final class KeySchedule {
  private static final byte[] NO_CONTEXT = {};

  private final CipherSuite suite;
  private byte[] stage; // the early, then the handshake, then the master secret
  private byte[] clientHandshake = NO_CONTEXT;
  private byte[] serverHandshake = NO_CONTEXT;
  private byte[] clientApplication = NO_CONTEXT;
  private byte[] serverApplication = NO_CONTEXT;

  /** Without a pre-shared key. */
  KeySchedule(CipherSuite suite) {
    this(suite, new byte[suite.hashBytes()]);
  }

  /**
   * @param preSharedKey of a ticket, made with the same hash
   */
  KeySchedule(CipherSuite suite, byte[] preSharedKey) {
    this.suite = suite;
    stage = Hkdf.extract(suite, new byte[suite.hashBytes()], preSharedKey);
  }

  /** The binder of a pre-shared key, which proves that one has it; before all else. */
  static byte[] binder(CipherSuite suite, byte[] preSharedKey, byte[] truncatedHelloHash) {
    KeySchedule early = new KeySchedule(suite, preSharedKey);
    byte[] key = early.derive("res binder", Transcript.emptyHash(suite));
    byte[] binder = early.finished(key, truncatedHelloHash);
    Arrays.fill(key, (byte) 0);
    early.destroy();
    return binder;
  }

  /**
   * What protects a client's early data; before all else.
   *
   * @param helloHash of the ClientHello
   */
  static byte[] earlySecret(CipherSuite suite, byte[] preSharedKey, byte[] helloHash) {
    KeySchedule early = new KeySchedule(suite, preSharedKey);
    byte[] secret = early.derive("c e traffic", helloHash);
    early.destroy();
    return secret;
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

  /**
   * What tickets get their keys from; after {@link #onServerFinished}.
   *
   * @param handshakeHash of ClientHello to the client's Finished
   */
  ResumptionSecret resumptionSecret(byte[] handshakeHash) {
    return new ResumptionSecret(suite, derive("res master", handshakeHash));
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
    byte[] mac = suite.hash().hmac(key, transcriptHash, NO_CONTEXT);
    Arrays.fill(key, (byte) 0);
    return mac;
  }
}
