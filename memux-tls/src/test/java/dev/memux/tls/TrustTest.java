package dev.memux.tls;

import static dev.memux.tls.AlertDescription.CERTIFICATE_EXPIRED;
import static dev.memux.tls.AlertDescription.CERTIFICATE_UNKNOWN;
import static dev.memux.tls.AlertDescription.UNKNOWN_CA;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;

/** Whether a server is who it says (RFC 8446 §4.4.2.4, RFC 6125). */
class TrustTest {
  private static Peer connect(TlsClientConfig config, String serverName, String certificate)
      throws TlsAlertException {
    Peer client = new Peer(new TlsClient(config, serverName, new byte[0], new SeededRandom(1)));
    Peer.connect(client, Peer.server(Configs.server(certificate).build()));
    assertNotNull(client.session);
    return client;
  }

  private static void trusts(String serverName, String certificate) throws TlsAlertException {
    assertEquals(
        TestFiles.certificates(certificate),
        connect(Configs.client().build(), serverName, certificate).session.peerCertificates());
  }

  private static void distrusts(AlertDescription expected, String serverName, String certificate) {
    Alerts.assertAlert(
        expected,
        serverName + " " + certificate,
        () -> connect(Configs.client().build(), serverName, certificate));
  }

  @Test
  void theCertificateMustHaveTheName() throws Exception {
    trusts("server.test", "p256");
    trusts("SERVER.test", "p256");
    trusts("server.test.", "p256");
    trusts("a.wild.test", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "other.test", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "wild.test", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "a.b.wild.test", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "xserver.test", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "under_score.test", "p256"); // the JDK has no such names
    distrusts(CERTIFICATE_UNKNOWN, "memux test p256".replace(' ', '-'), "p256");
  }

  @Test
  void theCertificateMustHaveTheAddress() throws Exception {
    trusts("127.0.0.1", "p256");
    trusts("::1", "p256");
    trusts("[::1]", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "127.0.0.2", "p256");
    distrusts(CERTIFICATE_UNKNOWN, "::2", "p256");
  }

  @Test
  void theChainMustLeadToATrustedAuthority() throws Exception {
    trusts("server.test", "leaf");
    distrusts(UNKNOWN_CA, "server.test", "by-stranger");
    distrusts(UNKNOWN_CA, "server.test", "by-rsa");

    List<X509Certificate> authorities = new ArrayList<>(TestFiles.certificates("ca"));
    authorities.addAll(TestFiles.certificates("ca-rsa"));
    TlsClientConfig config = Configs.client().trustedCertificates(authorities).build();
    connect(config, "server.test", "by-rsa");
    connect(config, "server.test", "p256");
  }

  @Test
  void anIntermediateCertificateMustNotBeMissing() {
    TlsServerConfig withoutIntermediate =
        TlsServerConfig.builder()
            .applicationProtocols("h3")
            .credentials(
                new TlsCredentials(
                    TestFiles.certificates("leaf").subList(0, 1),
                    TestFiles.credentials("leaf").privateKey()))
            .build();
    Alerts.assertAlert(
        UNKNOWN_CA,
        () ->
            Peer.connect(Peer.client(Configs.client().build()), Peer.server(withoutIntermediate)));
  }

  @Test
  void theCertificateMustBeInItsTimeAndForServers() {
    distrusts(CERTIFICATE_EXPIRED, "server.test", "expired");
    distrusts(CERTIFICATE_UNKNOWN, "server.test", "for-clients");
    distrusts(CERTIFICATE_UNKNOWN, "server.test", "for-encryption");
  }

  @Test
  void theJdksAuthoritiesAreTheDefault() {
    TlsClientConfig config = TlsClientConfig.builder().applicationProtocols("h3").build();
    Alerts.assertAlert(UNKNOWN_CA, () -> connect(config, "server.test", "p256"));
  }

  @Test
  void insecureModeTakesAnyCertificateButStillItsProof() throws Exception {
    TlsClientConfig config = Configs.client().insecureTrustAny().build();
    connect(config, "other.test", "by-stranger");
    connect(config, "other.test", "expired");
    ScriptedServer server = new ScriptedServer(config);
    server
        .sendHello()
        .send(ScriptedServer.encryptedExtensions())
        .send(ScriptedServer.certificate("p256"));
    Alerts.assertAlert(
        AlertDescription.DECRYPT_ERROR,
        () ->
            server.send(server.certificateVerify("leaf", SignatureScheme.ECDSA_SECP256R1_SHA256)));
  }

  // RFC 8446 §4.4.3: the proof comes before the chain is built, or chains could be sent for free.
  @Test
  void aTrustManagerIsToldWhatAnEnginesWouldBe() throws Exception {
    List<String> asked = new ArrayList<>();
    X509ExtendedTrustManager manager =
        new RefusingManager() {
          @Override
          public void checkServerTrusted(
              X509Certificate[] chain, String authType, SSLEngine engine) {
            ExtendedSSLSession session = (ExtendedSSLSession) engine.getHandshakeSession();
            asked.add(engine.getPeerHost());
            asked.add(session.getPeerHost());
            asked.add(session.getRequestedServerNames().toString());
            asked.add(session.getProtocol() + " " + session.getCipherSuite());
            asked.add(engine.getSSLParameters().getEndpointIdentificationAlgorithm());
            asked.add(authType + " " + chain.length);
            try {
              assertArrayEquals(chain, session.getPeerCertificates());
            } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
              throw new AssertionError(e);
            }
          }
        };
    connect(Configs.client().trustManager(manager).build(), "a.example", "leaf");
    assertEquals(
        List.of(
            "a.example",
            "a.example",
            "[type=host_name (0), value=a.example]",
            "TLSv1.3 TLS_AES_128_GCM_SHA256",
            "HTTPS",
            "UNKNOWN 2"),
        asked);
  }

  @Test
  void aTrustManagersRefusalAndItsFailureEndTheHandshake() {
    TlsClientConfig refusing = Configs.client().trustManager(new RefusingManager()).build();
    Alerts.assertAlert(CERTIFICATE_UNKNOWN, () -> connect(refusing, "server.test", "p256"));
    TlsClientConfig failing =
        Configs.client()
            .trustManager(
                new RefusingManager() {
                  @Override
                  public void checkServerTrusted(
                      X509Certificate[] chain, String authType, SSLEngine engine) {
                    throw new IllegalStateException("broken");
                  }
                })
            .build();
    Alerts.assertAlert(CERTIFICATE_UNKNOWN, () -> connect(failing, "server.test", "p256"));
  }

  @Test
  void aChainThatWasFoundGoodIsNotJudgedAgainAtOnce() throws Exception {
    CountingManager constant = new CountingManager();
    CertificateTrust remembering = new CertificateTrust(constant, true, new Verdicts());
    for (int i = 0; i < 3; i++) {
      connect(Configs.client().trust(remembering).build(), "server.test", "p256");
    }
    assertEquals(1, constant.asked);
    connect(Configs.client().trust(remembering).build(), "other.test", "p256");
    connect(Configs.client().trust(remembering).build(), "server.test", "leaf");
    assertEquals(3, constant.asked);

    CountingManager custom = new CountingManager();
    for (int i = 0; i < 3; i++) {
      connect(Configs.client().trustManager(custom).build(), "server.test", "p256");
    }
    assertEquals(3, custom.asked);
  }

  @Test
  void aRefusalIsNotRemembered() throws Exception {
    CountingManager manager = new CountingManager();
    CertificateTrust trust = new CertificateTrust(manager, true, new Verdicts());
    TlsClientConfig config = Configs.client().trust(trust).build();
    manager.refuses = true;
    Alerts.assertAlert(CERTIFICATE_UNKNOWN, () -> connect(config, "server.test", "p256"));
    manager.refuses = false;
    connect(config, "server.test", "p256");
    assertEquals(2, manager.asked);
  }

  /** The proof that it is the server's certificate is demanded each time. */
  @Test
  void aKnownChainStillNeedsItsProof() throws Exception {
    TlsClientConfig config = Configs.client().build();
    connect(config, "server.test", "p256");
    ScriptedServer server = new ScriptedServer(config);
    server
        .sendHello()
        .send(ScriptedServer.encryptedExtensions())
        .send(ScriptedServer.certificate("p256"));
    Alerts.assertAlert(
        AlertDescription.DECRYPT_ERROR,
        () ->
            server.send(server.certificateVerify("leaf", SignatureScheme.ECDSA_SECP256R1_SHA256)));
  }

  private static final class CountingManager extends RefusingManager {
    private int asked;
    private boolean refuses;

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      asked++;
      if (refuses) {
        super.checkServerTrusted(chain, authType, engine);
      }
    }
  }

  @Test
  void trustInNothingIsAMistake() {
    assertThrows(
        IllegalArgumentException.class, () -> Configs.client().trustedCertificates(List.of()));
  }

  @Test
  void aTrustManagerIsAskedForClientsWithoutAName() throws Exception {
    List<String> asked = new ArrayList<>();
    X509ExtendedTrustManager manager =
        new RefusingManager() {
          @Override
          public void checkClientTrusted(
              X509Certificate[] chain, String authType, SSLEngine engine) {
            ExtendedSSLSession session = (ExtendedSSLSession) engine.getHandshakeSession();
            asked.add(engine.getPeerHost() + " " + session.getPeerHost());
            asked.add(session.getRequestedServerNames().toString());
            asked.add(engine.getSSLParameters().getEndpointIdentificationAlgorithm());
            asked.add(engine.getUseClientMode() + " " + authType + " " + chain.length);
          }
        };
    Peer client = Peer.client(Configs.client().credentials(TestFiles.credentials("leaf")).build());
    Peer server =
        Peer.server(
            Configs.server("p256")
                .clientCertificates(ClientCertificates.REQUIRED, manager)
                .build());
    Peer.connect(client, server);
    assertEquals(TestFiles.certificates("leaf"), server.session.peerCertificates());
    assertEquals(java.util.Arrays.asList("null null", "[]", null, "false UNKNOWN 2"), asked);
  }

  private static class RefusingManager extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("refused");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
      throw new AssertionError();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new AssertionError();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new AssertionError();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {
      throw new AssertionError();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      throw new AssertionError();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
