package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Vector;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.DefaultTlsServer;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.SignatureScheme;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.TlsServerProtocol;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.bc.BcDefaultTlsCredentialedSigner;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handshakes with Bouncy Castle's TLS in both roles, in every group, over records. */
@SuppressWarnings("JdkObsolete") // its API has Vector
class BouncyCastleTest {
  private static final BcTlsCrypto CRYPTO = new BcTlsCrypto(new SecureRandom());
  private static final byte[] QUESTION = "who is there".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REPLY = "memux".getBytes(StandardCharsets.US_ASCII);

  @ParameterizedTest
  @EnumSource(NamedGroup.class)
  void ourClientTalksToItsServer(NamedGroup group) throws Exception {
    try (ServerSocket listener = listener()) {
      FutureTask<byte[]> theirs = start(() -> serve(listener, group));
      try (RecordConnection ours =
          new RecordConnection(
              new Socket(listener.getInetAddress(), listener.getLocalPort()),
              new TlsClient(
                  Configs.client().build(),
                  Configs.SERVER_NAME,
                  new byte[] {1},
                  HandshakeCrypto.JDK,
                  new SecureRandom(),
                  false))) {
        ours.shakeHands();
        assertEquals(group, ours.session.group());
        assertEquals(TestFiles.certificates("p256"), ours.session.peerCertificates());
        ours.write(QUESTION);
        assertArrayEquals(REPLY, ours.read(REPLY.length));
      }
      assertArrayEquals(QUESTION, theirs.get(20, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @EnumSource(NamedGroup.class)
  void itsClientTalksToOurServer(NamedGroup group) throws Exception {
    try (ServerSocket listener = listener()) {
      FutureTask<byte[]> theirs = start(() -> ask(listener.getLocalPort(), group));
      try (RecordConnection ours =
          new RecordConnection(
              listener.accept(),
              new TlsServer(
                  Configs.server("p256").build(),
                  QuicTerms.fixed(new byte[] {1}, new byte[0]),
                  HandshakeCrypto.JDK,
                  new SecureRandom(),
                  false))) {
        ours.shakeHands();
        assertEquals(group, ours.session.group());
        assertArrayEquals(QUESTION, ours.read(QUESTION.length));
        ours.write(REPLY);
        assertArrayEquals(REPLY, theirs.get(20, TimeUnit.SECONDS));
      }
    }
  }

  private static ServerSocket listener() throws IOException {
    ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(20_000);
    return listener;
  }

  private static FutureTask<byte[]> start(Callable<byte[]> action) {
    FutureTask<byte[]> task = new FutureTask<>(action);
    Thread.ofVirtual().start(task);
    return task;
  }

  private static byte[] serve(ServerSocket listener, NamedGroup group) throws IOException {
    try (Socket socket = listener.accept()) {
      TlsServerProtocol protocol =
          new TlsServerProtocol(socket.getInputStream(), socket.getOutputStream());
      protocol.accept(new Server(group));
      byte[] question = protocol.getInputStream().readNBytes(QUESTION.length);
      protocol.getOutputStream().write(REPLY);
      return question;
    }
  }

  private static byte[] ask(int port, NamedGroup group) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      TlsClientProtocol protocol =
          new TlsClientProtocol(socket.getInputStream(), socket.getOutputStream());
      protocol.connect(new Client(group));
      protocol.getOutputStream().write(QUESTION);
      return protocol.getInputStream().readNBytes(REPLY.length);
    }
  }

  private static Vector<ProtocolName> protocols() {
    return new Vector<>(List.of(ProtocolName.asUtf8Encoding("h3")));
  }

  private static final class Server extends DefaultTlsServer {
    private final NamedGroup group;

    Server(NamedGroup group) {
      super(CRYPTO);
      this.group = group;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
      return ProtocolVersion.TLSv13.only();
    }

    @Override
    public int[] getSupportedGroups() {
      return new int[] {group.code()};
    }

    @Override
    protected Vector<ProtocolName> getProtocolNames() {
      return protocols();
    }

    @Override
    public org.bouncycastle.tls.TlsCredentials getCredentials() throws IOException {
      TlsCredentials p256 = TestFiles.credentials("p256");
      byte[] encoded;
      try {
        encoded = p256.chain().getFirst().getEncoded();
      } catch (java.security.cert.CertificateEncodingException e) {
        throw new IOException(e);
      }
      return new BcDefaultTlsCredentialedSigner(
          new TlsCryptoParameters(context),
          CRYPTO,
          PrivateKeyFactory.createKey(p256.privateKey().getEncoded()),
          new Certificate(
              new byte[0],
              new CertificateEntry[] {
                new CertificateEntry(CRYPTO.createCertificate(encoded), null)
              }),
          SignatureAndHashAlgorithm.getInstance(
              SignatureScheme.getHashAlgorithm(SignatureScheme.ecdsa_secp256r1_sha256),
              SignatureScheme.getSignatureAlgorithm(SignatureScheme.ecdsa_secp256r1_sha256)));
    }
  }

  private static final class Client extends DefaultTlsClient {
    private final NamedGroup group;

    Client(NamedGroup group) {
      super(CRYPTO);
      this.group = group;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
      return ProtocolVersion.TLSv13.only();
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared there
    protected Vector<Integer> getSupportedGroups(Vector namedGroupRoles) {
      return new Vector<>(List.of(group.code()));
    }

    @Override
    public Vector<Integer> getEarlyKeyShareGroups() {
      return new Vector<>(List.of(group.code()));
    }

    @Override
    protected Vector<ProtocolName> getProtocolNames() {
      return protocols();
    }

    @Override
    public TlsAuthentication getAuthentication() {
      return new TlsAuthentication() {
        @Override
        public void notifyServerCertificate(TlsServerCertificate certificate) {}

        @Override
        public org.bouncycastle.tls.TlsCredentials getClientCredentials(
            CertificateRequest request) {
          return null;
        }
      };
    }
  }
}
