package dev.memux.tls;

import static dev.memux.tls.AlertDescription.UNRECOGNIZED_NAME;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The certificate that a server shows for the name that a client wants (RFC 6066 §3). */
class ServerNameTest {
  private static final TlsServerConfig CONFIG =
      Configs.server("p256")
          .credentialsFor("a.Test.", TestFiles.credentials("ed25519"))
          .credentialsFor("*.wild.test", TestFiles.credentials("p384"))
          .credentialsFor("exact.wild.test", TestFiles.credentials("leaf"))
          .credentialsFor("b\u00fccher.test", TestFiles.credentials("rsa"))
          .build();

  private static byte[] flight(TlsServerConfig config, HelloBuilder hello) throws Exception {
    Peer server = Peer.server(config);
    server.receive(INITIAL, hello.build());
    server.take(INITIAL);
    return server.take(HANDSHAKE);
  }

  private static HelloBuilder asking(String name) {
    return new HelloBuilder()
        .with(HelloBuilder.SERVER_NAME, HelloBuilder.serverNames(HelloBuilder.name(0, name)));
  }

  private static List<X509Certificate> chain(byte[] flight) throws Exception {
    byte[] certificate = Messages.find(flight, HandshakeType.CERTIFICATE);
    return CertificateMessage.readServers(
        new HandshakeReader(certificate, HandshakeMessage.HEADER_BYTES, certificate.length));
  }

  private static boolean acknowledged(byte[] flight) throws Exception {
    byte[] message = Messages.find(flight, HandshakeType.ENCRYPTED_EXTENSIONS);
    return EncryptedExtensions.read(
            new HandshakeReader(message, HandshakeMessage.HEADER_BYTES, message.length),
            java.util.EnumSet.allOf(ExtensionType.class))
        .isNamed();
  }

  private static void shows(String certificate, boolean named, HelloBuilder hello)
      throws Exception {
    byte[] flight = flight(CONFIG, hello);
    assertEquals(TestFiles.certificates(certificate), chain(flight));
    assertEquals(named, acknowledged(flight));
  }

  @Test
  void theNameDecidesOnTheCertificate() throws Exception {
    shows("ed25519", true, asking("a.test"));
    shows("ed25519", true, asking("A.tEST"));
    shows("rsa", true, asking("xn--bcher-kva.test"));
    shows("p256", false, asking("b.test"));
    shows("p256", false, asking("test"));
    shows("p256", false, asking("a.test.example"));
    shows("p256", false, new HelloBuilder().without(HelloBuilder.SERVER_NAME));
  }

  // RFC 6125 §6.4.3: a wildcard stands for one label.
  @Test
  void aWildcardStandsForOneLabelAndGivesWayToTheExactName() throws Exception {
    shows("p384", true, asking("b.wild.test"));
    shows("p384", true, asking("xn--bcher-kva.WILD.test"));
    shows("leaf", true, asking("exact.wild.test"));
    shows("p256", false, asking("wild.test"));
    shows("p256", false, asking("a.b.wild.test"));
    shows("p256", false, asking("a.exact.wild.test"));
  }

  @Test
  void unknownNamesMayBeRefused() throws Exception {
    TlsServerConfig strict =
        Configs.server("p256")
            .credentialsFor("a.test", TestFiles.credentials("ed25519"))
            .refuseUnknownNames()
            .build();
    Alerts.assertRefuses(Peer.server(strict), UNRECOGNIZED_NAME, INITIAL, asking("b.test").build());
    assertEquals(TestFiles.certificates("ed25519"), chain(flight(strict, asking("a.test"))));
    assertEquals(
        TestFiles.certificates("p256"),
        chain(flight(strict, new HelloBuilder().without(HelloBuilder.SERVER_NAME))));
  }

  @Test
  void theClientsSignatureSchemesDecideAmongTheHostsCertificatesOnly() throws Exception {
    TlsServerConfig config =
        Configs.server("rsa")
            .credentialsFor(
                "a.test", TestFiles.credentials("ed25519"), TestFiles.credentials("p256"))
            .build();
    HelloBuilder onlyP256 = asking("a.test").signatureSchemes(0x0403, 0x0804);
    assertEquals(TestFiles.certificates("p256"), chain(flight(config, onlyP256)));
    Alerts.assertRefuses(
        Peer.server(config),
        AlertDescription.HANDSHAKE_FAILURE,
        INITIAL,
        asking("a.test").signatureSchemes(0x0804).build());
  }

  @Test
  void aClientAcceptsTheAcknowledgement() throws Exception {
    TlsServerConfig config =
        Configs.server("rsa")
            .credentialsFor(Configs.SERVER_NAME, TestFiles.credentials("p256"))
            .build();
    Peer client = Peer.client(Configs.client().build());
    Peer.connect(client, Peer.server(config));
    assertEquals(TestFiles.certificates("p256"), client.session.peerCertificates());
  }

  @Test
  void namesThatCannotBeAskedForAreMistakes() {
    TlsCredentials credentials = TestFiles.credentials("p256");
    for (String name : List.of("", "*", "*.", "a.*.test", "**.test", "127.0.0.1", "::1", "*.::1")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Configs.server("p256").credentialsFor(name, credentials),
          name);
    }
    assertThrows(
        IllegalArgumentException.class, () -> Configs.server("p256").credentialsFor("a.test"));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Configs.server("p256")
                .credentialsFor("a.test", credentials)
                .credentialsFor("A.test", credentials));
  }
}
