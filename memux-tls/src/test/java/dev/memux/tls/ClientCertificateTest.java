package dev.memux.tls;

import static dev.memux.tls.AlertDescription.BAD_CERTIFICATE;
import static dev.memux.tls.AlertDescription.CERTIFICATE_EXPIRED;
import static dev.memux.tls.AlertDescription.CERTIFICATE_REQUIRED;
import static dev.memux.tls.AlertDescription.CERTIFICATE_UNKNOWN;
import static dev.memux.tls.AlertDescription.DECODE_ERROR;
import static dev.memux.tls.AlertDescription.DECRYPT_ERROR;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.AlertDescription.UNKNOWN_CA;
import static dev.memux.tls.AlertDescription.UNSUPPORTED_EXTENSION;
import static dev.memux.tls.ClientCertificates.NONE;
import static dev.memux.tls.ClientCertificates.OPTIONAL;
import static dev.memux.tls.ClientCertificates.REQUIRED;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.u16;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that say by certificate who they are (RFC 8446 §4.3.2, §4.4.2, §4.4.3). */
class ClientCertificateTest {
  private static final byte[] NOTHING = {};
  private static final List<X509Certificate> CA = TestFiles.certificates("ca");

  private static TlsServerConfig server(ClientCertificates policy) {
    return Configs.server("p256").clientCertificates(policy, CA).build();
  }

  private static TlsClientConfig client(String... credentials) {
    return Configs.client()
        .groups(NamedGroup.X25519, NamedGroup.SECP256R1)
        .credentials(
            Arrays.stream(credentials).map(TestFiles::credentials).toArray(TlsCredentials[]::new))
        .build();
  }

  /** Whom the server has seen. */
  private static List<X509Certificate> seen(TlsServerConfig config, String... credentials)
      throws TlsAlertException {
    Peer client = Peer.client(client(credentials));
    Peer server = Peer.server(config);
    Peer.connect(client, server);
    assertEquals(TestFiles.certificates("p256"), client.session.peerCertificates());
    assertArrayEquals(
        client.writeSecrets.get(APPLICATION).secret(),
        server.readSecrets.get(APPLICATION).secret());
    return server.session.peerCertificates();
  }

  private static void refuses(
      AlertDescription expected, ClientCertificates policy, String... credentials) {
    Alerts.assertAlert(
        expected, Arrays.toString(credentials), () -> seen(server(policy), credentials));
  }

  @Test
  void theServerLearnsWhoTheClientIs() throws Exception {
    List<X509Certificate> expected = TestFiles.certificates("for-clients");
    assertEquals(expected, seen(server(REQUIRED), "for-clients"));
    assertEquals(expected, seen(server(OPTIONAL), "for-clients"));
    assertEquals(List.of(), seen(server(NONE), "for-clients"));
    assertEquals(
        expected,
        seen(
            Configs.server("p256")
                .groups(NamedGroup.SECP256R1) // after a HelloRetryRequest
                .clientCertificates(REQUIRED, CA)
                .build(),
            "for-clients"));
  }

  // RFC 8446 §4.4.2.4
  @Test
  void whoHasNoneIsRefusedIfOneIsRequired() throws Exception {
    assertEquals(List.of(), seen(server(OPTIONAL)));
    refuses(CERTIFICATE_REQUIRED, REQUIRED);
  }

  @Test
  void theCertificateMustBeTrustedAndForClients() {
    for (ClientCertificates policy : List.of(OPTIONAL, REQUIRED)) {
      refuses(UNKNOWN_CA, policy, "by-stranger");
      refuses(CERTIFICATE_UNKNOWN, policy, "p256");
      refuses(CERTIFICATE_EXPIRED, policy, "expired");
    }
  }

  // RFC 8446 §4.4.2.3
  @Test
  void theClientPresentsWhatTheServerCanVerify() throws Exception {
    for (int[] offer : new int[][] {{0x0403, 0}, {0x0804, 1}, {0x0807, 2}, {0x0806, 1}}) {
      List<byte[]> flight = answer(Messages.extension(13, Messages.vector16(u16(offer[0]))));
      String expected = List.of("for-clients", "rsa", "ed25519").get(offer[1]);
      assertEquals(3, flight.size());
      assertArrayEquals(ScriptedServer.certificate(expected), flight.get(0));
      assertEquals(offer[0], (flight.get(1)[4] & 0xff) << 8 | (flight.get(1)[5] & 0xff));
    }
    // None will do: says so.
    List<byte[]> flight = answer(Messages.extension(13, Messages.vector16(u16(0x0503, 0x0401))));
    assertEquals(2, flight.size());
    assertArrayEquals(ScriptedServer.certificate(NOTHING), flight.get(0));
  }

  private static List<byte[]> answer(byte[] schemes) throws Exception {
    ScriptedServer script = new ScriptedServer(client("for-clients", "rsa", "ed25519"));
    script
        .sendHello()
        .send(ScriptedServer.encryptedExtensions())
        .send(ScriptedServer.certificateRequest(NOTHING, schemes))
        .send(ScriptedServer.certificate("p256"));
    script.send(script.certificateVerify("p256", SignatureScheme.ECDSA_SECP256R1_SHA256));
    script.send(script.finished());
    return Messages.split(script.client.take(HANDSHAKE));
  }

  /** Certificate, CertificateVerify and Finished of a good client, and the server that waits. */
  private static final class Flight {
    final Peer server = Peer.server(server(REQUIRED));
    final byte[] certificate;
    final byte[] verify;
    final byte[] finished;

    Flight() throws TlsAlertException {
      Peer client = Peer.client(client("for-clients"));
      client.deliverTo(server);
      server.deliverTo(client);
      List<byte[]> messages = Messages.split(client.take(HANDSHAKE));
      certificate = messages.get(0);
      verify = messages.get(1);
      finished = messages.get(2);
    }

    void refuses(AlertDescription expected, byte[]... messages) {
      Alerts.assertRefuses(server, expected, HANDSHAKE, join(messages));
      assertNull(server.readSecrets.get(APPLICATION));
    }
  }

  @Test
  void nothingMayBeLeftOut() throws Exception {
    Flight f = new Flight();
    f.refuses(UNEXPECTED_MESSAGE, f.finished);
    f = new Flight();
    f.refuses(UNEXPECTED_MESSAGE, f.verify, f.finished);
    f = new Flight();
    f.refuses(UNEXPECTED_MESSAGE, f.certificate, f.finished);
    f = new Flight();
    f.refuses(UNEXPECTED_MESSAGE, f.certificate, f.certificate);
    // After an empty Certificate there is nothing to prove.
    Peer server = Peer.server(server(OPTIONAL));
    Peer.client(client()).deliverTo(server);
    Alerts.assertRefuses(
        server, UNEXPECTED_MESSAGE, HANDSHAKE, join(ScriptedServer.certificate(NOTHING), f.verify));
  }

  @Test
  void certificatesAreValidated() throws Exception {
    byte[] der = TestFiles.certificates("for-clients").getFirst().getEncoded();
    new Flight()
        .refuses(
            ILLEGAL_PARAMETER, ScriptedServer.certificate(new byte[1], ScriptedServer.entry(der)));
    new Flight()
        .refuses(
            BAD_CERTIFICATE,
            ScriptedServer.certificate(NOTHING, ScriptedServer.entry(new byte[] {1, 2, 3})));
    new Flight()
        .refuses(DECODE_ERROR, ScriptedServer.certificate(NOTHING, ScriptedServer.entry(NOTHING)));
    new Flight()
        .refuses(
            UNSUPPORTED_EXTENSION,
            ScriptedServer.certificate(
                NOTHING, ScriptedServer.entry(der, Messages.extension(5, new byte[4]))));
    byte[][] entries = new byte[CertificateMessage.MAX_CERTIFICATES + 1][];
    Arrays.fill(entries, ScriptedServer.entry(der));
    new Flight().refuses(ILLEGAL_PARAMETER, ScriptedServer.certificate(NOTHING, entries));
  }

  @Test
  void theProofMustBeRight() throws Exception {
    Flight f = new Flight();
    f.verify[f.verify.length - 1] ^= 1;
    f.refuses(DECRYPT_ERROR, f.certificate, f.verify);

    f = new Flight(); // a signature over another handshake
    byte[] other = new Flight().verify;
    Peer server = Peer.server(server(REQUIRED));
    server.receive(INITIAL, new HelloBuilder().build());
    Alerts.assertRefuses(server, DECRYPT_ERROR, HANDSHAKE, join(f.certificate, other));

    f = new Flight(); // another certificate than the key's
    f.refuses(DECRYPT_ERROR, ScriptedServer.certificate("leaf"), f.verify);

    for (int scheme : new int[] {0x0503, 0x0804, 0x0401, 0x3a3a}) {
      f = new Flight();
      byte[] wrong = join(f.verify);
      wrong[4] = (byte) (scheme >> 8);
      wrong[5] = (byte) scheme;
      f.refuses(ILLEGAL_PARAMETER, f.certificate, wrong);
    }
  }

  @Test
  void finishedCoversTheCertificate() throws Exception {
    Flight f = new Flight();
    f.finished[f.finished.length - 1] ^= 1;
    f.refuses(DECRYPT_ERROR, f.certificate, f.verify, f.finished);
    f = new Flight();
    f.server.receive(HANDSHAKE, join(f.certificate, f.verify, f.finished));
    assertEquals(TestFiles.certificates("for-clients"), f.server.session.peerCertificates());
  }
}
