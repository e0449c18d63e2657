package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.wire.TransportError;
import dev.memux.netty.MuxException;
import dev.memux.netty.WebSocketConfig;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import dev.memux.tls.TlsClientConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server makes of WebSockets that are asked for, and of what comes over them. */
@Timeout(60)
final class WebSocketTest {
  private static final String PATH = "/streams";
  private static final String PROTOCOL = "qmux-02.memux-test";
  private static final int MAX_RECORD_BYTES = 16_382;

  /**
   * What @moq/qmux 0.3.3 sends first: QX_TRANSPORT_PARAMETERS, with all limits, max_record_size and
   * reset_stream_at.
   */
  private static final String PARAMETERS =
      "ff5153300d0a0d0a3701"
          + "04800075300404801000000504800400000604800400000704800400"
          + "00080240640902406420027ffec571c59429cd0845027ffe1d00";

  private final HttpClient http = HttpClient.newHttpClient();
  private SessionServer server;

  /** What came. */
  private static final class Listener implements WebSocket.Listener {
    final LinkedBlockingQueue<ByteBuffer> messages = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<String> pongs = new LinkedBlockingQueue<>();
    final CompletableFuture<Integer> closed = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      messages.add(ByteBuffer.allocate(data.remaining()).put(data).flip());
      socket.request(1);
      return null;
    }

    /** The next message that begins with a frame of that type. */
    ByteBuffer await(int type, int mask) throws InterruptedException {
      for (ByteBuffer next; (next = messages.poll(10, TimeUnit.SECONDS)) != null; ) {
        if ((next.get(0) & mask) == type) {
          return next;
        }
      }
      throw new AssertionError("no frame of type " + type);
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
      pongs.add(StandardCharsets.UTF_8.decode(message).toString());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.completeExceptionally(error);
    }
  }

  @BeforeEach
  void listen() throws Exception {
    server =
        SessionServer.builder()
            .config(QuicConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.SECONDS.toNanos(2)))
            .listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new WebSocketConfig(
                    PATH, List.of("memux-test", ""), from -> !"https://elsewhere".equals(from)));
  }

  @AfterEach
  void close() {
    server.close();
    http.close();
  }

  private String authority() {
    return "127.0.0.1:" + server.localAddress().getPort();
  }

  private WebSocket open(Listener listener, String path, String origin, String... protocols) {
    return http.newWebSocketBuilder()
        .header("Origin", origin)
        .subprotocols(protocols[0], Arrays.copyOfRange(protocols, 1, protocols.length))
        .buildAsync(URI.create("ws://" + authority() + path), listener)
        .join();
  }

  private WebSocket open(Listener listener) {
    return open(listener, PATH, "null", "other", PROTOCOL);
  }

  private static void send(WebSocket socket, String hex, boolean last) {
    socket.sendBinary(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), last).join();
  }

  private int refused(String path, String origin, String... protocols) {
    CompletionException failure =
        assertThrows(
            CompletionException.class, () -> open(new Listener(), path, origin, protocols));
    return ((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode();
  }

  @Test
  void onlyWhatIsConfiguredBecomesAWebSocket() {
    assertEquals(404, refused("/", "null", PROTOCOL));
    assertEquals(403, refused(PATH, "https://elsewhere", PROTOCOL));
    assertEquals(400, refused(PATH, "null", "qmux-01.memux-test", "qmux-02.other"));
    assertEquals(PROTOCOL, open(new Listener()).getSubprotocol());
    assertEquals("qmux-02", open(new Listener(), PATH, "null", "qmux-02").getSubprotocol());
    // Ours is the preference: the application protocol that is named goes first.
    WebSocket both = open(new Listener(), PATH + "?a=b", "null", "qmux-02", PROTOCOL);
    assertEquals(PROTOCOL, both.getSubprotocol());
  }

  private String answer(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes(); // the server closes
      return new String(answer, StandardCharsets.US_ASCII);
    }
  }

  private int port() {
    return server.localAddress().getPort();
  }

  @Test
  void otherRequestsAreAnsweredAndClosed() throws Exception {
    String get = answer("GET " + PATH + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertTrue(get.startsWith("HTTP/1.1 426 "), get);
    assertTrue(get.toLowerCase(Locale.ROOT).contains("upgrade: websocket"), get);
    String body = answer("GET " + PATH + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    assertTrue(body.startsWith("HTTP/1.1 400 "), body);
    String endless = answer("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n");
    assertTrue(endless.startsWith("HTTP/1.1 400 "), endless);
    assertEquals("", answer("GET " + PATH + " HTTP/1.1\r\n")); // and nothing more: it took too long
  }

  /** The frames of a stream in two messages, one of them in fragments, as a peer may send them. */
  @Test
  void messagesAreRecordsAndMayComeInFragments() throws Exception {
    Listener listener = new Listener();
    WebSocket socket = open(listener);
    send(socket, PARAMETERS.substring(0, 30), false);
    send(socket, "", false);
    send(socket, PARAMETERS.substring(30), true);
    Session session = server.accept();
    ByteBuffer first = listener.messages.take();
    assertEquals(0xff515330_0d0a0d0aL, first.getLong(), "without a Size in front");
    send(socket, "0e0000036162630e0003016a", true); // STREAM 0: "abc", then "j" at 3
    Stream stream = session.accept();
    assertEquals("abcj", new String(stream.inputStream().readNBytes(4), StandardCharsets.US_ASCII));
    stream.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertTrue(listener.await(0x08, 0xf8).remaining() > 3, "a STREAM frame");
  }

  /** QMux §5.2: a record above our limit is a FRAME_ENCODING_ERROR. */
  @Test
  void aMessageThatIsTooLongClosesTheConnection() throws Exception {
    for (boolean inFragments : new boolean[] {false, true}) {
      Listener listener = new Listener();
      WebSocket socket = open(listener);
      send(socket, PARAMETERS, true);
      Session session = server.accept();
      listener.messages.take();
      ByteBuffer zeros = ByteBuffer.allocate(inFragments ? 9_000 : MAX_RECORD_BYTES + 1);
      socket.sendBinary(zeros, !inFragments).join();
      if (inFragments) {
        socket.sendBinary(ByteBuffer.allocate(9_000), false).join(); // its end would never come
      }
      ByteBuffer close = listener.await(0x1c, 0xff);
      assertEquals(TransportError.FRAME_ENCODING_ERROR, close.get(1));
      assertEquals(WebSocket.NORMAL_CLOSURE, listener.closed.get(10, TimeUnit.SECONDS));
      assertThrows(MuxException.Transport.class, session::accept);
    }
  }

  @Test
  void textFailsTheConnection() throws Exception {
    Listener listener = new Listener();
    WebSocket socket = open(listener);
    send(socket, PARAMETERS, true);
    Session session = server.accept();
    socket.sendText("hello", true).join();
    assertEquals(1003, listener.closed.get(10, TimeUnit.SECONDS)); // RFC 6455 §7.4.1
    MuxException.CarrierLost lost = assertThrows(MuxException.CarrierLost.class, session::accept);
    assertTrue(lost.getMessage().contains("text"), lost::getMessage);
  }

  @Test
  void aCloseFrameIsTheEndOfASide() throws Exception {
    Listener listener = new Listener();
    WebSocket socket = open(listener);
    send(socket, PARAMETERS, true);
    Session session = server.accept();
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    assertEquals(WebSocket.NORMAL_CLOSURE, listener.closed.get(10, TimeUnit.SECONDS));
    assertThrows(MuxException.CarrierLost.class, session::accept); // nobody has closed QMux
    CloseReason reason = session.closeReason();
    assertEquals(CloseReason.Origin.CARRIER_LOST, reason == null ? null : reason.origin());
  }

  /** RFC 6455 §5.5.2 and §5.5.3: the latest ping is answered, others may be. */
  @Test
  void pingsAreAnswered() throws Exception {
    Listener listener = new Listener();
    WebSocket socket = open(listener);
    for (int i = 1; i <= 1_000; i++) {
      socket
          .sendPing(ByteBuffer.wrap(Integer.toString(i).getBytes(StandardCharsets.US_ASCII)))
          .join();
    }
    String last;
    do {
      last = listener.pongs.poll(10, TimeUnit.SECONDS);
    } while (!"1000".equals(last));
    assertEquals("1000", last);
  }

  @Test
  void aClientSaysWhatTheServerAnswered() {
    SessionClient client =
        SessionClient.builder()
            .tls(TlsClientConfig.builder().applicationProtocols("memux-test").build())
            .build();
    MuxException.CarrierLost lost =
        assertThrows(
            MuxException.CarrierLost.class,
            () -> client.connect(URI.create("ws://" + authority() + "/elsewhere")));
    assertTrue(lost.getMessage().contains("404"), lost::getMessage);
    assertThrows(
        IllegalArgumentException.class,
        () -> client.connect(URI.create("http://" + authority() + PATH)));
  }

  /** Whose answer ends before it has begun is given up at once, not when the time is over. */
  @Test
  void aServerThatSaysNothingIsNotWaitedFor() throws Exception {
    SessionClient client =
        SessionClient.builder()
            .tls(TlsClientConfig.builder().applicationProtocols("memux-test").build())
            .build();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Socket> accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  Socket socket = silent.accept();
                  socket.getInputStream().read();
                  socket.shutdownOutput();
                  return socket;
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      URI uri = URI.create("ws://127.0.0.1:" + silent.getLocalPort() + PATH);
      assertThrows(MuxException.CarrierLost.class, () -> client.connect(uri));
      accepted.get(10, TimeUnit.SECONDS).close();
    }
  }
}
