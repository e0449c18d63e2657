package dev.memux.tls;

import static dev.memux.tls.AlertDescription.BAD_CERTIFICATE;
import static dev.memux.tls.AlertDescription.DECODE_ERROR;
import static dev.memux.tls.AlertDescription.DECRYPT_ERROR;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.AlertDescription.NO_APPLICATION_PROTOCOL;
import static dev.memux.tls.AlertDescription.PROTOCOL_VERSION;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.AlertDescription.UNSUPPORTED_EXTENSION;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.extension;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.message;
import static dev.memux.tls.Messages.u16;
import static dev.memux.tls.Messages.vector16;
import static dev.memux.tls.Messages.vector8;
import static dev.memux.tls.ScriptedServer.certificate;
import static dev.memux.tls.ScriptedServer.certificateRequest;
import static dev.memux.tls.ScriptedServer.encryptedExtensions;
import static dev.memux.tls.ScriptedServer.entry;
import static dev.memux.tls.ScriptedServer.helloWith;
import static dev.memux.tls.ScriptedServer.parameters;
import static dev.memux.tls.ScriptedServer.protocol;
import static dev.memux.tls.ScriptedServer.retry;
import static dev.memux.tls.ScriptedServer.retryFor;
import static dev.memux.tls.ScriptedServer.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What a client makes of a server's messages. */
class ServerFlightRulesTest {
  private static final TlsClientConfig CONFIG = Configs.client().build();
  private static final byte[] NOTHING = {};

  private ScriptedServer server() throws TlsAlertException {
    return new ScriptedServer(CONFIG);
  }

  private void refusesHello(AlertDescription expected, byte[] hello) throws TlsAlertException {
    Alerts.assertRefuses(server().client, expected, INITIAL, hello);
  }

  private void refusesExtensions(AlertDescription expected, byte[]... extensions)
      throws TlsAlertException {
    Alerts.assertRefuses(
        server().sendHello().client, expected, HANDSHAKE, encryptedExtensions(extensions));
  }

  @Test
  void anHonestServerIsAccepted() throws Exception {
    ScriptedServer server = server().complete();
    assertNotNull(server.client.session);
    server.client.receive(APPLICATION, ticket(NOTHING));
  }

  // --- ServerHello, RFC 8446 §4.1.3 ---

  @Test
  void serverHelloMustChooseFromTheOffer() throws Exception {
    byte[] share = server().share();
    byte[] random = new byte[32];
    refusesHello(
        ILLEGAL_PARAMETER,
        ScriptedServer.hello(0x0302, random, NOTHING, 0x1301, 0, version(), share));
    refusesHello(
        ILLEGAL_PARAMETER,
        ScriptedServer.hello(0x0303, random, new byte[1], 0x1301, 0, version(), share));
    refusesHello(
        ILLEGAL_PARAMETER,
        ScriptedServer.hello(0x0303, random, NOTHING, 0x1304, 0, version(), share));
    refusesHello(
        ILLEGAL_PARAMETER,
        ScriptedServer.hello(0x0303, random, NOTHING, 0x1301, 1, version(), share));
    refusesHello(ILLEGAL_PARAMETER, helloWith(extension(43, u16(0x0303)), share));
    refusesHello(ILLEGAL_PARAMETER, helloWith(extension(43, u16(0x7f1c)), share));
  }

  @Test
  void aSuiteThatExistsButWasNotOfferedIsRefused() throws Exception {
    ScriptedServer server =
        new ScriptedServer(
            Configs.client().cipherSuites(CipherSuite.TLS_AES_256_GCM_SHA384).build());
    Alerts.assertRefuses(server.client, ILLEGAL_PARAMETER, INITIAL, server.hello());
  }

  @Test
  void aKeyShareForAGroupWithoutOursIsRefused() throws Exception {
    refusesHello(ILLEGAL_PARAMETER, helloWith(version(), extension(51, HelloBuilder.p256Share())));
    refusesHello(
        ILLEGAL_PARAMETER,
        helloWith(version(), extension(51, HelloBuilder.share(0x11ec, new byte[1216]))));
    refusesHello( // its X25519 point is of low order
        ILLEGAL_PARAMETER,
        helloWith(version(), extension(51, HelloBuilder.share(0x11ec, new byte[1120]))));
    refusesHello(
        ILLEGAL_PARAMETER,
        helloWith(version(), extension(51, HelloBuilder.share(0x11eb, new byte[9]))));
    refusesHello(
        ILLEGAL_PARAMETER,
        helloWith(version(), extension(51, HelloBuilder.share(0x001d, new byte[32]))));
    refusesHello(
        ILLEGAL_PARAMETER,
        helloWith(version(), extension(51, HelloBuilder.share(0x001d, new byte[33]))));
    refusesHello(
        DECODE_ERROR,
        helloWith(version(), extension(51, HelloBuilder.x25519Share(), NOTHING, u16(0))));
    refusesHello(MISSING_EXTENSION, helloWith(version()));
  }

  // RFC 8446 §4.1.3: the sentinels of servers that know TLS 1.3.
  @Test
  void olderVersionsAreRefusedAndDowngradesDetected() throws Exception {
    byte[] random = new byte[32];
    refusesHello(PROTOCOL_VERSION, ScriptedServer.hello(0x0303, random, NOTHING, 0xc02f, 0));
    refusesHello(
        PROTOCOL_VERSION,
        message(2, join(u16(0x0303), random, vector8(), u16(0xc02f), new byte[1])));
    for (int last = 0; last <= 1; last++) {
      System.arraycopy(Messages.hex("444f574e475244" + "0" + last), 0, random, 24, 8);
      refusesHello(ILLEGAL_PARAMETER, ScriptedServer.hello(0x0303, random, NOTHING, 0xc02f, 0));
    }
  }

  // RFC 8446 §4.2
  @Test
  void serverHelloHoldsOnlyItsOwnExtensions() throws Exception {
    byte[] share = server().share();
    refusesHello(ILLEGAL_PARAMETER, helloWith(version(), share, protocol("h3")));
    refusesHello(ILLEGAL_PARAMETER, helloWith(version(), share, parameters()));
    refusesHello(ILLEGAL_PARAMETER, helloWith(version(), share, extension(44, vector16(u16(1)))));
    refusesHello(ILLEGAL_PARAMETER, helloWith(version(), version(), share));
    refusesHello(UNSUPPORTED_EXTENSION, helloWith(version(), share, extension(0x3a3a)));
    // A PSK was not offered, so none can be selected.
    refusesHello(UNSUPPORTED_EXTENSION, helloWith(version(), share, extension(41, u16(0))));
  }

  @Test
  void aServerHelloCutOffAtAnyByteIsRefused() throws Exception {
    byte[] hello = server().hello();
    for (int length = 4; length < hello.length; length++) {
      byte[] cut = message(2, Arrays.copyOfRange(hello, 4, length));
      boolean noExtensions = length == 4 + 2 + 32 + 1 + 2 + 1;
      Alerts.assertRefuses(
          server().client,
          noExtensions ? PROTOCOL_VERSION : DECODE_ERROR,
          "cut at " + length,
          INITIAL,
          cut);
    }
    refusesHello(
        DECODE_ERROR, message(2, join(Arrays.copyOfRange(hello, 4, hello.length), u16(0))));
  }

  // --- HelloRetryRequest, RFC 8446 §4.1.4 ---

  @Test
  void aRetryRequestMustAskForSomethingNewThatWeSupport() throws Exception {
    refusesHello(ILLEGAL_PARAMETER, retry(version())); // changes nothing
    refusesHello(ILLEGAL_PARAMETER, retryFor(0x001d)); // our share was sent
    refusesHello(ILLEGAL_PARAMETER, retryFor(0x11ec));
    refusesHello(ILLEGAL_PARAMETER, retryFor(0x0018)); // not offered
    refusesHello(ILLEGAL_PARAMETER, retryFor(0x3a3a));
    refusesHello(PROTOCOL_VERSION, retry(extension(51, u16(0x0017))));
    Peer onlyX25519 = Peer.client(Configs.client().groups(NamedGroup.X25519).build());
    Alerts.assertRefuses(onlyX25519, ILLEGAL_PARAMETER, INITIAL, retryFor(0x0017));
    refusesHello(DECODE_ERROR, retry(version(), extension(51, u16(0x0017, 1))));
    refusesHello(DECODE_ERROR, retry(version(), extension(44, vector16())));
    refusesHello(ILLEGAL_PARAMETER, retry(version(), protocol("h3")));
    refusesHello(UNSUPPORTED_EXTENSION, retry(version(), extension(0x5a5a)));
  }

  @Test
  void aSecondRetryRequestIsUnexpected() throws Exception {
    ScriptedServer server = server();
    server.client.receive(INITIAL, retryFor(0x0017));
    server.takeHello();
    Alerts.assertRefuses(server.client, UNEXPECTED_MESSAGE, INITIAL, retryFor(0x0017));
  }

  @Test
  void afterARetryRequestTheServerKeepsToIt() throws Exception {
    ScriptedServer server = server();
    server.client.receive(INITIAL, retryFor(0x0017));
    server.takeHello();
    Alerts.assertRefuses(server.client, ILLEGAL_PARAMETER, INITIAL, server.hello()); // X25519

    server = server();
    server.client.receive(INITIAL, retryFor(0x0017));
    server.takeHello();
    Alerts.assertRefuses(
        server.client,
        ILLEGAL_PARAMETER,
        INITIAL,
        ScriptedServer.hello(
            0x0303,
            new byte[32],
            NOTHING,
            0x1303,
            0,
            version(),
            extension(51, HelloBuilder.p256Share())));
  }

  @Test
  void aCookieComesBackWithTheSameHello() throws Exception {
    Peer client = Peer.client(CONFIG);
    byte[] first = client.take(INITIAL);
    byte[] cookie = new byte[3000];
    Arrays.fill(cookie, (byte) 7);
    client.receive(INITIAL, retry(version(), extension(44, vector16(cookie))));
    byte[] second = client.take(INITIAL);
    // RFC 8446 §4.1.2: the same hello with the cookie, here at its end.
    byte[] tail = extension(44, vector16(cookie));
    assertEquals(first.length + tail.length, second.length);
    assertEquals(
        Arrays.hashCode(Arrays.copyOfRange(first, 6, 38)),
        Arrays.hashCode(Arrays.copyOfRange(second, 6, 38)));
    assertEquals(
        Arrays.hashCode(tail),
        Arrays.hashCode(Arrays.copyOfRange(second, first.length, second.length)));
  }

  // --- EncryptedExtensions, RFC 8446 §4.3.1 ---

  @Test
  void encryptedExtensionsHoldOnlyAnswers() throws Exception {
    byte[] p = protocol("h3");
    byte[] q = parameters();
    refusesExtensions(ILLEGAL_PARAMETER, p, q, version());
    refusesExtensions(ILLEGAL_PARAMETER, p, q, extension(51, HelloBuilder.x25519Share()));
    refusesExtensions(ILLEGAL_PARAMETER, p, q, extension(13, vector16(u16(0x0403))));
    refusesExtensions(ILLEGAL_PARAMETER, p, q, q);
    refusesExtensions(UNSUPPORTED_EXTENSION, p, q, extension(0x1a1a));
    refusesExtensions(UNSUPPORTED_EXTENSION, p, q, extension(ScriptedServer.EARLY_DATA));
    refusesExtensions(UNSUPPORTED_EXTENSION, p, q, extension(1, new byte[1]));
    refusesExtensions(DECODE_ERROR, p, q, extension(0, new byte[1])); // server_name must be empty
    server()
        .sendHello()
        .send(encryptedExtensions(p, q, extension(0), extension(10, vector16(u16(0x001d)))));
  }

  // RFC 6066 §3: no server_name was sent, so it cannot be acknowledged.
  @Test
  void serverNameIsNotAcknowledgedToWhoSentNone() throws Exception {
    ScriptedServer server =
        new ScriptedServer(
            new Peer(new TlsClient(CONFIG, "127.0.0.1", NOTHING, new SeededRandom(1))));
    server.sendHello();
    Alerts.assertRefuses(
        server.client,
        UNSUPPORTED_EXTENSION,
        HANDSHAKE,
        encryptedExtensions(protocol("h3"), parameters(), extension(0)));
  }

  // RFC 9001 §8.1, RFC 7301 §3.1
  @Test
  void exactlyOneOfferedProtocolMustBeChosen() throws Exception {
    refusesExtensions(NO_APPLICATION_PROTOCOL, parameters());
    refusesExtensions(ILLEGAL_PARAMETER, parameters(), protocol("h2"));
    byte[] two = vector16(vector8(new byte[] {'h', '3'}), vector8(new byte[] {'h', '2'}));
    refusesExtensions(ILLEGAL_PARAMETER, parameters(), extension(16, two));
    refusesExtensions(DECODE_ERROR, parameters(), extension(16, vector16()));
    refusesExtensions(DECODE_ERROR, parameters(), extension(16, vector16(u16(0))));
  }

  // RFC 9001 §8.2
  @Test
  void transportParametersMustBeThere() throws Exception {
    refusesExtensions(MISSING_EXTENSION, protocol("h3"));
    Peer client =
        new Peer(
            new TlsClient(
                CONFIG, "a.test", NOTHING, HandshakeCrypto.JDK, new SeededRandom(1), false));
    ScriptedServer lenient = new ScriptedServer(client).sendHello();
    lenient.send(encryptedExtensions(protocol("h3")));
    assertNull(client.transportParameters);
  }

  // --- CertificateRequest, RFC 8446 §4.3.2 ---

  @Test
  void certificateRequestIsAnsweredWithAnEmptyCertificate() throws Exception {
    ScriptedServer server = server().sendHello().send(encryptedExtensions());
    server
        .send(
            certificateRequest(
                NOTHING,
                extension(13, vector16(u16(0x0403))),
                extension(47, vector16(new byte[5])),
                extension(0x2a2a)))
        .send(certificate("p256"))
        .send(server.certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256));
    server.send(server.finished());
    byte[] flight = server.client.take(HANDSHAKE);
    assertEquals(2, Messages.split(flight).size());
    assertEquals(
        "0b00000400000000", java.util.HexFormat.of().formatHex(Messages.split(flight).getFirst()));
  }

  @Test
  void certificateRequestsAreValidated() throws Exception {
    byte[] schemes = extension(13, vector16(u16(0x0403)));
    refusesRequest(ILLEGAL_PARAMETER, certificateRequest(new byte[1], schemes));
    refusesRequest(MISSING_EXTENSION, certificateRequest(NOTHING, extension(47, vector16())));
    refusesRequest(ILLEGAL_PARAMETER, certificateRequest(NOTHING, schemes, protocol("h3")));
    refusesRequest(ILLEGAL_PARAMETER, certificateRequest(NOTHING, schemes, schemes));
    refusesRequest(DECODE_ERROR, certificateRequest(NOTHING));
    refusesRequest(DECODE_ERROR, certificateRequest(NOTHING, extension(13, vector16())));
    refusesRequest(DECODE_ERROR, message(13, join(vector8(), vector16(schemes), u16(0))));
  }

  private void refusesRequest(AlertDescription expected, byte[] request) throws Exception {
    Alerts.assertRefuses(
        server().sendHello().send(encryptedExtensions()).client, expected, HANDSHAKE, request);
  }

  // --- Certificate, RFC 8446 §4.4.2 ---

  @Test
  void certificatesAreValidated() throws Exception {
    byte[] der = TestFiles.certificates("p256").getFirst().getEncoded();
    refusesCertificate(DECODE_ERROR, certificate(NOTHING));
    refusesCertificate(ILLEGAL_PARAMETER, certificate(new byte[1], entry(der)));
    refusesCertificate(DECODE_ERROR, certificate(NOTHING, entry(NOTHING)));
    refusesCertificate(BAD_CERTIFICATE, certificate(NOTHING, entry(new byte[] {1, 2, 3})));
    refusesCertificate(BAD_CERTIFICATE, certificate(NOTHING, entry(join(der, new byte[1]))));
    refusesCertificate(
        BAD_CERTIFICATE, certificate(NOTHING, entry(Arrays.copyOf(der, der.length - 1))));
    byte[] pem = java.nio.file.Files.readAllBytes(TestFiles.path("p256.pem"));
    refusesCertificate(BAD_CERTIFICATE, certificate(NOTHING, entry(pem)));
    refusesCertificate(
        DECODE_ERROR, message(11, join(vector8(), Messages.vector24(entry(der)), u16(0))));
  }

  @Test
  void certificatesHoldOnlyExtensionsThatWereAskedFor() throws Exception {
    byte[] der = TestFiles.certificates("p256").getFirst().getEncoded();
    refusesCertificate(
        UNSUPPORTED_EXTENSION, certificate(NOTHING, entry(der, extension(5, new byte[4]))));
    refusesCertificate(
        UNSUPPORTED_EXTENSION, certificate(NOTHING, entry(der, extension(18, new byte[4]))));
    refusesCertificate(UNSUPPORTED_EXTENSION, certificate(NOTHING, entry(der, extension(0x4a4a))));
    refusesCertificate(ILLEGAL_PARAMETER, certificate(NOTHING, entry(der, protocol("h3"))));
  }

  @Test
  void theNumberOfCertificatesIsBounded() throws Exception {
    byte[] der = TestFiles.certificates("p256").getFirst().getEncoded();
    byte[][] entries = new byte[CertificateMessage.MAX_CERTIFICATES + 1][];
    Arrays.fill(entries, entry(der));
    refusesCertificate(ILLEGAL_PARAMETER, certificate(NOTHING, entries));
    server()
        .sendHello()
        .send(encryptedExtensions())
        .send(certificate(NOTHING, Arrays.copyOf(entries, entries.length - 1)));
  }

  private void refusesCertificate(AlertDescription expected, byte[] message) throws Exception {
    Alerts.assertRefuses(
        server().sendHello().send(encryptedExtensions()).client, expected, HANDSHAKE, message);
  }

  // --- CertificateVerify, RFC 8446 §4.4.3 ---

  @Test
  void theSignatureMustBeRight() throws Exception {
    ScriptedServer server = upToCertificate("p256");
    byte[] verify = server.certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256);
    verify[verify.length - 1] ^= 1;
    Alerts.assertRefuses(server.client, DECRYPT_ERROR, HANDSHAKE, verify);

    server = upToCertificate("p256"); // a signature by another key
    verify = server.certificateVerify("leaf", SignatureScheme.ECDSA_SECP256R1_SHA256);
    Alerts.assertRefuses(server.client, DECRYPT_ERROR, HANDSHAKE, verify);

    for (String name : new String[] {"p256", "rsa", "ed25519"}) { // not even a signature
      SignatureScheme scheme =
          switch (name) {
            case "rsa" -> SignatureScheme.RSA_PSS_RSAE_SHA256;
            case "ed25519" -> SignatureScheme.ED25519;
            default -> SignatureScheme.ECDSA_SECP256R1_SHA256;
          };
      for (byte[] signature : new byte[][] {{}, {1}, new byte[64], new byte[256]}) {
        Alerts.assertRefuses(
            upToCertificate(name).client,
            DECRYPT_ERROR,
            name,
            HANDSHAKE,
            message(15, join(u16(scheme.code()), vector16(signature))));
      }
    }
  }

  @Test
  void theSignatureSchemeMustBeOursAndTheKeys() throws Exception {
    for (int scheme : new int[] {0x0503, 0x0804, 0x0807, 0x0203, 0x0603, 0x3a3a}) {
      refusesScheme("p256", scheme);
    }
    for (int scheme : new int[] {0x0403, 0x0809, 0x0807}) {
      refusesScheme("rsa", scheme);
    }
    // Offered for certificates only.
    for (int scheme : new int[] {0x0401, 0x0501, 0x0601}) {
      refusesScheme("rsa", scheme);
    }
    refusesScheme("rsapss", 0x0804);
    refusesScheme("rsapss-sha384", 0x0809); // the key is bound to SHA-384
  }

  private void refusesScheme(String certificate, int scheme) throws Exception {
    Alerts.assertRefuses(
        upToCertificate(certificate).client,
        ILLEGAL_PARAMETER,
        certificate + " " + Integer.toHexString(scheme),
        HANDSHAKE,
        message(15, join(u16(scheme), vector16(new byte[64]))));
  }

  @Test
  void nothingMayFollowTheSignature() throws Exception {
    ScriptedServer server = upToCertificate("p256");
    byte[] verify = server.certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256);
    byte[] longer = message(15, join(Arrays.copyOfRange(verify, 4, verify.length), new byte[1]));
    Alerts.assertRefuses(server.client, DECODE_ERROR, HANDSHAKE, longer);
  }

  private ScriptedServer upToCertificate(String name) throws Exception {
    return server().sendHello().send(encryptedExtensions()).send(certificate(name));
  }

  @Test
  void messagesCutOffAtAnyByteAreRefused() throws Exception {
    ScriptedServer script = server().sendHello();
    byte[] schemes = extension(13, vector16(u16(0x0403)));
    byte[] request = certificateRequest(NOTHING, schemes, extension(0x2a2a, new byte[2]));
    for (byte[] whole : new byte[][] {encryptedExtensions(), request, certificate("p256")}) {
      for (int length = 4; length < whole.length; length++) {
        script = server().sendHello();
        if (whole[0] != 8) {
          script.send(encryptedExtensions());
        }
        Alerts.assertRefuses(
            script.client,
            DECODE_ERROR,
            whole[0] + " cut at " + length,
            HANDSHAKE,
            message(whole[0], Arrays.copyOfRange(whole, 4, length)));
      }
    }
    for (int length = 0; length < 70; length++) {
      script = upToCertificate("p256");
      byte[] verify = script.certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256);
      Alerts.assertRefuses(
          script.client,
          DECODE_ERROR,
          HANDSHAKE,
          message(15, Arrays.copyOfRange(verify, 4, 4 + length)));
    }
  }

  // --- Finished, RFC 8446 §4.4.4 ---

  @Test
  void finishedMustBeRight() throws Exception {
    ScriptedServer server = server().sendUpToFinished();
    byte[] finished = server.finished();
    for (int i = 4; i < finished.length; i++) {
      byte[] wrong = finished.clone();
      wrong[i] ^= (byte) 0x80;
      Alerts.assertRefuses(server().sendUpToFinished().client, DECRYPT_ERROR, HANDSHAKE, wrong);
    }
    byte[] data = Arrays.copyOfRange(finished, 4, finished.length);
    Alerts.assertRefuses(
        server().sendUpToFinished().client,
        DECODE_ERROR,
        HANDSHAKE,
        message(20, Arrays.copyOf(data, 31)));
    Alerts.assertRefuses(
        server().sendUpToFinished().client,
        DECODE_ERROR,
        HANDSHAKE,
        message(20, Arrays.copyOf(data, 33)));
  }

  @Test
  void aServerRefusesAWrongFinishedToo() throws Exception {
    Peer client = Peer.client(CONFIG);
    Peer server = Peer.server(Configs.server("p256").build());
    client.deliverTo(server);
    server.deliverTo(client);
    byte[] finished = client.take(HANDSHAKE);
    finished[finished.length - 1] ^= 1;
    Alerts.assertRefuses(server, DECRYPT_ERROR, HANDSHAKE, finished);
    assertNull(server.readSecrets.get(APPLICATION));
  }

  // --- NewSessionTicket, RFC 8446 §4.6.1 ---

  private static byte[] ticket(byte[]... extensions) {
    return message(
        4, join(new byte[8], vector8(new byte[2]), vector16(new byte[100]), vector16(extensions)));
  }

  @Test
  void ticketsAreCheckedAndIgnored() throws Exception {
    Peer client = server().complete().client;
    int events = client.events.size();
    for (int i = 0; i < 100; i++) {
      client.receive(APPLICATION, ticket(extension(0x6a6a, new byte[i])));
    }
    client.receive(APPLICATION, ticket(extension(42, new byte[] {-1, -1, -1, -1})));
    assertEquals(events, client.events.size());
  }

  // RFC 9001 §4.6.1: only 0xffffffff in QUIC, whose own error it is.
  @Test
  void ticketsThatBoundEarlyDataAreAViolationOfQuic() throws Exception {
    for (byte[] size : new byte[][] {{0, 0, 64, 0}, {0, 0, 0, 0}, {-1, -1, -1, -2}}) {
      Peer client = server().complete().client;
      TlsAlertException e =
          Alerts.assertAlert(
              ILLEGAL_PARAMETER, () -> client.receive(APPLICATION, ticket(extension(42, size))));
      assertEquals(0x0a, e.transportError());
    }
    Peer client = server().complete().client;
    byte[] forbidden = ticket(protocol("h3"));
    assertEquals(
        0x100 + ILLEGAL_PARAMETER.code(),
        Alerts.assertAlert(ILLEGAL_PARAMETER, () -> client.receive(APPLICATION, forbidden))
            .transportError());
  }

  @Test
  void malformedTicketsAreRefused() throws Exception {
    refusesTicket(DECODE_ERROR, ticket(extension(42, new byte[] {-1, -1, -1})));
    refusesTicket(DECODE_ERROR, ticket(extension(42, new byte[] {-1, -1, -1, -1, 0})));
    refusesTicket(ILLEGAL_PARAMETER, ticket(protocol("h3")));
    refusesTicket(ILLEGAL_PARAMETER, ticket(extension(42, new byte[4]), extension(42)));
    refusesTicket(DECODE_ERROR, message(4, join(new byte[8], vector8(), vector16(), vector16())));
    byte[] whole = ticket(extension(0x6a6a, new byte[3]));
    for (int length = 4; length < whole.length; length++) {
      refusesTicket(DECODE_ERROR, message(4, Arrays.copyOfRange(whole, 4, length)));
    }
    refusesTicket(
        DECODE_ERROR, message(4, join(Arrays.copyOfRange(whole, 4, whole.length), u16(0))));
  }

  private void refusesTicket(AlertDescription expected, byte[] ticket) throws Exception {
    Alerts.assertRefuses(server().complete().client, expected, APPLICATION, ticket);
  }
}
