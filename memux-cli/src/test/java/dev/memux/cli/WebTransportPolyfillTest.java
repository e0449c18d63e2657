package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import dev.memux.netty.WebSocketConfig;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * QMux over WebSocket with an implementation of the same draft that others made: {@code @moq/qmux}
 * (npm), a WebTransport polyfill, in Node and in a browser. Each end opens 100 streams of either
 * type, up to 1 MB long, and both reset, stop, send datagrams and close.
 *
 * <p>Version 0.3.3 departs from the specifications, so that some things cannot be tried with it:
 *
 * <ul>
 *   <li>It answers STOP_SENDING, in the middle of a write, with a RESET_STREAM whose final size is
 *       less than it has sent: a FINAL_SIZE_ERROR (RFC 9000 §4.5), for which memux closes the
 *       connection. Here it is stopped when all that it has written is sent.
 *   <li>It takes STREAM frames at whatever offset, where QMux §4.1 has a PROTOCOL_VIOLATION.
 *   <li>Its CONNECTION_CLOSE of type 0x1c has codes of WebSocket (1002, 1003), not of RFC 9000
 *       §20.1.
 *   <li>What is under way on a stream that it cancels it does not count (RFC 9000 §3.5):
 *       connections on which it cancels much lose their window bit by bit.
 *   <li>It says that it takes RESET_STREAM_AT, and throws away what that promises.
 * </ul>
 */
@Timeout(180)
final class WebTransportPolyfillTest {
  private static final String PROTOCOL = "memux-test";
  private static final String PATH = "/streams";
  private static final QuicConfig CONFIG =
      QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED));
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @TempDir private Path folder;

  private static X509Bundle certificate() throws Exception {
    return new CertificateBuilder()
        .subject("CN=localhost")
        .addSanDnsName("localhost")
        .ecp256()
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private static WebSocketConfig webSocket(String origin) {
    return new WebSocketConfig(PATH, List.of(PROTOCOL), from -> origin.equals("" + from));
  }

  /** The other end has conversed; now it is our turn, and then the end. */
  private static void converse(Session session) throws Exception {
    try (StreamConversation conversation = new StreamConversation(session)) {
      conversation.awaitTurn();
      conversation.check();
      conversation.converse();
      session.close(43, "enough");
    }
  }

  @Test
  void aClientInNodeConversesOverTls() throws Exception {
    X509Bundle certificate = certificate();
    Path authority = folder.resolve("authority.pem");
    Files.writeString(authority, certificate.getCertificatePEM());
    TlsServerConfig tls =
        TlsServerConfig.builder()
            .credentials(
                new TlsCredentials(
                    certificate.getCertificatePathList(), certificate.getKeyPair().getPrivate()))
            .applicationProtocols("h3")
            .build();
    try (SessionServer server =
            SessionServer.builder()
                .config(CONFIG)
                .tls(tls)
                .listen(ANY_PORT, webSocket("null")); // Node's client sends no Origin
        NodePeer node =
            new NodePeer(
                Map.of("NODE_EXTRA_CA_CERTS", authority.toString()),
                "client.js",
                "wss://localhost:" + server.localAddress().getPort() + PATH,
                PROTOCOL)) {
      Session session = server.accept();
      assertEquals(PROTOCOL, session.tls().applicationProtocol());
      converse(session);
      assertEquals("{\"closeCode\":43,\"reason\":\"enough\"}", node.awaitEnd());
    }
  }

  @Test
  void aServerInNodeConverses() throws Exception {
    SessionClient client =
        SessionClient.builder()
            .config(CONFIG)
            .tls(TlsClientConfig.builder().applicationProtocols("other", PROTOCOL).build())
            .build();
    try (NodePeer node = new NodePeer(Map.of(), "server.js", PROTOCOL)) {
      Session session = client.connect(URI.create("ws://127.0.0.1:" + node.line() + "/"));
      try (StreamConversation conversation = new StreamConversation(session)) {
        conversation.converse();
        conversation.tell("G");
        conversation.awaitTurn();
        conversation.check();
        conversation.tell("C");
        assertEquals("{\"closeCode\":42,\"reason\":\"that is all\"}", node.awaitEnd());
        MuxException.Peer closed = assertThrows(MuxException.Peer.class, session::accept);
        assertEquals(42, closed.code());
        assertEquals("that is all", closed.reason());
      }
    }
  }

  /** What a page in a browser gets that loads the polyfill as a module. */
  @Test
  void aPageInChromiumConverses() throws Exception {
    Path chromium = ExternalPrograms.require("chromium", "chromium");
    ExternalPrograms.require("node", "nodejs");
    NodePeer.installPackages();
    HttpServer pages =
        SimpleFileServer.createFileServer(
            ANY_PORT, NodePeer.FOLDER, SimpleFileServer.OutputLevel.NONE);
    pages.start();
    String origin = "http://127.0.0.1:" + pages.getAddress().getPort();
    try (SessionServer server =
            SessionServer.builder().config(CONFIG).listen(ANY_PORT, webSocket(origin));
        DevTools page =
            new DevTools(chromium, folder.resolve("profile"), DevTools.WITHOUT_COMPONENTS)) {
      page.call("Page.enable", "{}");
      page.call("Runtime.enable", "{}");
      page.load(origin + "/page.html");
      CompletableFuture<Object> end =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  int port = server.localAddress().getPort();
                  return page.evaluate(
                      "converse('ws://127.0.0.1:" + port + PATH + "', '" + PROTOCOL + "')");
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      Session session = server.accept();
      converse(session);
      assertEquals("{\"closeCode\":43,\"reason\":\"enough\"}", end.get(60, TimeUnit.SECONDS));
      assertTrue(page.events("Runtime.exceptionThrown").isEmpty());
    } finally {
      pages.stop(0);
    }
  }
}
