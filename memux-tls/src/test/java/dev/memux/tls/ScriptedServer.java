package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.extension;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.message;
import static dev.memux.tls.Messages.u16;
import static dev.memux.tls.Messages.vector16;
import static dev.memux.tls.Messages.vector24;
import static dev.memux.tls.Messages.vector8;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Objects;

/**
 * A server that says what the test wants, with right keys: each message can be taken as it should
 * be, or made up, and goes out with {@link #send}.
 */
final class ScriptedServer {
  static final int EARLY_DATA = 42;
  static final int COOKIE = 44;

  final Peer client;
  private final SecureRandom random = new SeededRandom(5);
  private final CipherSuite suite = CipherSuite.TLS_AES_128_GCM_SHA256;
  private final Transcript transcript = new Transcript();
  private final KeyExchange keyExchange =
      KeyExchange.generate(NamedGroup.X25519, HandshakeCrypto.JDK, random);
  private KeySchedule keys = new KeySchedule(suite);
  private ClientHello clientHello;

  ScriptedServer(TlsClientConfig config) throws TlsAlertException {
    this(Peer.client(config));
  }

  ScriptedServer(Peer client) throws TlsAlertException {
    this.client = client;
    takeHello();
  }

  void takeHello() throws TlsAlertException {
    byte[] hello = client.take(INITIAL);
    clientHello =
        ClientHello.read(new HandshakeReader(hello, HandshakeMessage.HEADER_BYTES, hello.length));
    transcript.add(hello);
  }

  byte[] clientRandom() {
    return clientHello.random();
  }

  /** A ServerHello with other parts. */
  static byte[] hello(
      int version, byte[] random, byte[] sessionId, int suite, int compression, byte[]... exts) {
    return message(
        2,
        join(
            u16(version),
            random,
            vector8(sessionId),
            u16(suite),
            new byte[] {(byte) compression},
            vector16(exts)));
  }

  static byte[] helloWith(byte[]... extensions) {
    return hello(0x0303, new byte[32], new byte[0], 0x1301, 0, extensions);
  }

  static byte[] version() {
    return extension(43, u16(0x0304));
  }

  byte[] share() {
    return extension(51, HelloBuilder.share(0x001d, keyExchange.share()));
  }

  byte[] hello() {
    return helloWith(version(), share());
  }

  static byte[] retry(byte[]... extensions) {
    return hello(
        0x0303,
        Messages.hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"),
        new byte[0],
        0x1301,
        0,
        extensions);
  }

  static byte[] retryFor(int group) {
    return retry(version(), extension(51, u16(group)));
  }

  /** Sends a ServerHello that should be accepted, and derives the keys. */
  ScriptedServer sendHello() throws TlsAlertException {
    return sendHello(hello());
  }

  /** Sends a ServerHello that selects the client's first pre-shared key, said to be this one. */
  ScriptedServer sendResumingHello(byte[] preSharedKey) throws TlsAlertException {
    keys = new KeySchedule(suite, preSharedKey);
    return sendHello(helloWith(version(), share(), extension(41, u16(0))));
  }

  private ScriptedServer sendHello(byte[] hello) throws TlsAlertException {
    transcript.begin(suite);
    transcript.add(hello);
    keys.onSharedSecret(
        keyExchange.agree(Objects.requireNonNull(clientHello.keyShare(NamedGroup.X25519))),
        transcript.hash());
    client.receive(INITIAL, hello);
    return this;
  }

  ScriptedServer send(byte[] message) throws TlsAlertException {
    client.receive(HANDSHAKE, message);
    transcript.add(message);
    return this;
  }

  static byte[] encryptedExtensions(byte[]... extensions) {
    return message(8, vector16(extensions));
  }

  static byte[] protocol(String name) {
    return extension(
        16, vector16(vector8(name.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))));
  }

  static byte[] parameters() {
    return extension(57, new byte[] {9});
  }

  static byte[] encryptedExtensions() {
    return encryptedExtensions(protocol("h3"), parameters());
  }

  static byte[] certificateRequest(byte[] context, byte[]... extensions) {
    return message(13, join(vector8(context), vector16(extensions)));
  }

  static byte[] certificate(byte[] context, byte[]... entries) {
    return message(11, join(vector8(context), vector24(entries)));
  }

  static byte[] entry(byte[] certificate, byte[]... extensions) {
    return join(vector24(certificate), vector16(extensions));
  }

  static byte[] certificate(String name) throws Exception {
    byte[] entries = {};
    for (X509Certificate certificate : TestFiles.certificates(name)) {
      entries = join(entries, entry(certificate.getEncoded()));
    }
    return certificate(new byte[0], entries);
  }

  byte[] certificateVerify(String credentials, SignatureScheme scheme) throws Exception {
    return CertificateVerify.write(
        Side.SERVER,
        new Signer(TestFiles.credentials(credentials), scheme),
        transcript.hash(),
        HandshakeCrypto.JDK,
        random);
  }

  byte[] finished() {
    return Finished.write(keys.serverFinished(transcript.hash()));
  }

  /** Up to Finished, everything as it should be. */
  ScriptedServer sendUpToFinished() throws Exception {
    return sendHello()
        .send(encryptedExtensions())
        .send(certificate("p256"))
        .send(certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256));
  }

  ScriptedServer complete() throws Exception {
    sendUpToFinished();
    return send(finished());
  }
}
