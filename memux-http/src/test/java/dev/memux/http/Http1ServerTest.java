package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 byte by byte (RFC 9112), and what a client may not do. */
@Timeout(60)
final class Http1ServerTest {
  private static final String HOST = "Host: localhost\r\n";

  private final AtomicInteger handled = new AtomicInteger();

  /** Answers with what it was asked, and with the body if there is one. */
  private void answer(ServerExchange exchange) {
    handled.incrementAndGet();
    if (exchange.request().method().equals("POST")) {
      Echo.answerWhenComplete(exchange);
    } else {
      String text = exchange.request().authority() + " " + exchange.request().path();
      exchange.respond(
          ResponseHead.of(200), Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }
  }

  /** Sends all that and returns all that comes until the server closes. */
  private String talk(HttpsLoopback loopback, String sent) throws Exception {
    try (SSLSocket socket = loopback.connect("http/1.1")) {
      socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
      return readAll(socket);
    }
  }

  private String talk(String sent) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer)) {
      return talk(loopback, sent);
    }
  }

  /** As {@link #talk}, with a last request that ends the connection. */
  private String talkOn(String sent) throws Exception {
    return talk(sent + "GET /last HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
  }

  private static String readAll(Socket socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] piece = new byte[8192];
    InputStream in = socket.getInputStream();
    try {
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        all.write(piece, 0, n);
      }
    } catch (IOException e) {
      all.writeBytes("<reset>".getBytes(StandardCharsets.US_ASCII));
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void answersOneAfterTheOtherOnOneConnection() throws Exception {
    String said =
        talkOn(
            "GET /1 HTTP/1.1\r\n"
                + HOST
                + "\r\n"
                + "POST /2 HTTP/1.1\r\n"
                + HOST
                + "Content-Length: 3\r\n\r\nabc"
                + "HEAD /3 HTTP/1.1\r\n"
                + HOST
                + "\r\n");
    int one = said.indexOf("localhost /1");
    int two = said.indexOf("\r\n\r\nabc");
    int last = said.indexOf("localhost /last");
    assertTrue(0 < one && one < two && two < last, said); // RFC 9112 §9.3.2: in order
    assertFalse(said.contains("localhost /3"), said); // RFC 9110 §9.3.2
    assertEquals(4, count(said, "HTTP/1.1 200 OK"), said);
    assertEquals(1, count(said.toLowerCase(Locale.ROOT), "connection: close"), said);
  }

  // RFC 9112 §9.3.2: who pipelines without end would make the server hold what it has not begun.
  @Test
  void endsTheConnectionOfAClientThatPipelinesTooMuch() throws Exception {
    String request = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
    try (HttpsLoopback loopback =
        new HttpsLoopback(
            exchange -> {
              handled.incrementAndGet();
              exchange
                  .loop()
                  .schedule(
                      () -> exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER),
                      300,
                      TimeUnit.MILLISECONDS);
            })) {
      String said = talk(loopback, request.repeat(Http1ServerConnection.MAX_PIPELINED + 10));
      assertEquals(1, count(said, "HTTP/1.1 200 OK"), said);
      assertEquals(1, handled.get());
    }
  }

  @Test
  void takesChunksAndTrailersAndSendsThem() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Echo::answer)) {
      String said =
          talk(
              loopback,
              "POST / HTTP/1.1\r\n"
                  + HOST
                  + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n");
      assertTrue(said.contains("transfer-encoding: chunked"), said);
      assertTrue(said.contains("abc") && said.contains("defg"), said);
      assertTrue(said.endsWith("0\r\nx-sum: 7\r\n\r\n"), said);
    }
  }

  @Test
  void endsTheBodyWithTheConnectionForHttp10() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Echo::answer)) {
      String said = talk(loopback, "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
      assertFalse(said.contains("transfer-encoding"), said); // RFC 9112 §6.1
      assertTrue(said.endsWith("\r\n\r\nabc"), said);
    }
  }

  @Test
  void keepsAnHttp10ConnectionThatAsksForIt() throws Exception {
    String said = talk("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n");
    assertEquals(1, count(said, "connection: keep-alive"), said);
    assertTrue(said.endsWith(" /2"), said);
  }

  @Test
  void asksForABodyThatWaitsToBeWanted() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        SSLSocket socket = loopback.connect("http/1.1")) {
      String head =
          "POST / HTTP/1.1\r\n"
              + HOST
              + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      String interim = "HTTP/1.1 100 Continue\r\n\r\n";
      assertEquals(
          interim,
          new String(
              socket.getInputStream().readNBytes(interim.length()), StandardCharsets.US_ASCII));
      socket.getOutputStream().write("abc".getBytes(StandardCharsets.US_ASCII));
      assertTrue(readAll(socket).endsWith("\r\n\r\nabc"));
    }
  }

  // RFC 9110 §10.1.1: whether the body comes after a final answer is the client's choice.
  @Test
  void endsTheConnectionWhereABodyWasNotAskedFor() throws Exception {
    try (HttpsLoopback loopback =
        new HttpsLoopback(
            exchange -> exchange.respond(ResponseHead.of(403), Unpooled.EMPTY_BUFFER))) {
      String said =
          talk(
              loopback,
              "POST / HTTP/1.1\r\n"
                  + HOST
                  + "Expect: 100-continue\r\nContent-Length: 30\r\n\r\n"
                  + "GET / HTTP/1.1\r\n");
      assertTrue(said.startsWith("HTTP/1.1 403 "), said);
      assertEquals(1, count(said, "HTTP/1.1"), said);
      assertTrue(said.contains("connection: close"), said);
    }
  }

  @Test
  void readsOnlySoMuchOfABodyThatNobodyWants() throws Exception {
    int length = 8 * Http1ServerConnection.MAX_DROPPED_BYTES;
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> exchange.respond(ResponseHead.of(403), Unpooled.EMPTY_BUFFER));
        SSLSocket socket = loopback.connect("http/1.1")) {
      Thread.startVirtualThread(
          () -> {
            try {
              String head = "POST / HTTP/1.1\r\n" + HOST + "Content-Length: " + length + "\r\n\r\n";
              socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
              socket.getOutputStream().write(new byte[length]);
            } catch (IOException e) {
              handled.incrementAndGet(); // the server has had enough
            }
          });
      assertTrue(readAll(socket).startsWith("HTTP/1.1 403 "));
    }
  }

  // RFC 9112 §6.1, §6.3, §2.2, §3.2, §5.1, §7.1: where two parties see different ends of a message,
  // one of them takes the rest for a request (request smuggling).
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST / HTTP/1.1~Host: a~Content-Length: 3~Transfer-Encoding: chunked~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked~Content-Length: 3~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Content-Length: 3~Content-Length: 4~~abcd | 400",
        "POST / HTTP/1.1~Host: a~Content-Length: 3, 4~~abcd | 400",
        "POST / HTTP/1.1~Host: a~Content-Length: +3~~abc | 400",
        "POST / HTTP/1.1~Host: a~Content-Length: -3~~abc | 400",
        "POST / HTTP/1.1~Host: a~Content-Length: 99999999999999999999~~abc | 400",
        "POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked, identity~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Transfer-Encoding: identity~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Transfer-Encoding: xchunked~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Transfer-Encoding: gzip, chunked~~0~~ | 501",
        "POST / HTTP/1.0~Host: a~Transfer-Encoding: chunked~~0~~ | 400",
        "POST / HTTP/1.1~Host: a~Content-Length : 3~~abc | 400",
        "POST / HTTP/1.1~Host : a~~ | 400",
        "POST / HTTP/1.1~Host: a~X\u0000: b~~ | 400",
        "GET / HTTP/1.1~~ | 400",
        "GET / HTTP/1.1~Host: a~Host: b~~ | 400",
        "GET / HTTP/1.1~Host: a b~~ | 400",
        "GET / HTTP/1.1~Host: a@b~~ | 400",
        "GET http://a@b/ HTTP/1.1~Host: a~~ | 400",
        "GET nowhere HTTP/1.1~Host: a~~ | 400",
        "GET /\u0001 HTTP/1.1~Host: a~~ | 400",
        "GET / HTTP/2.0~Host: a~~ | 505",
        "G(T / HTTP/1.1~Host: a~~ | 400",
        "GET / HTTP/1.1~Host: a~Expect: wonders~~ | 417",
        "GET / HTTP/1.1~Host: a~no colon~~ | 400",
      })
  void refusesWhatCanBeReadInTwoWays(String request, int status) throws Exception {
    String said = talk(request.replace("~", "\r\n") + "GET /smuggled HTTP/1.1\r\n" + HOST + "\r\n");
    assertTrue(said.startsWith("HTTP/1.1 " + status + " "), said);
    assertTrue(said.contains("connection: close"), said);
    assertEquals(1, count(said, "HTTP/1.1 "), said);
    assertEquals(0, handled.get());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"})
  void refusesLinesThatEndInPart(String request) throws Exception {
    String said = talk(request);
    assertTrue(said.startsWith("HTTP/1.1 400 "), said); // RFC 9112 §2.2
    assertEquals(0, handled.get());
  }

  @Test
  void failsABodyThatIsNotInChunks() throws Exception {
    String said =
        talk(
            "POST / HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "not a length\r\n"
                + "GET /smuggled HTTP/1.1\r\n\r\n");
    assertFalse(said.contains("200"), said); // RFC 9112 §7.1
    assertFalse(said.contains("smuggled"), said);
  }

  @Test
  void takesTheHostOfTheTargetBeforeTheField() throws Exception {
    String said =
        talk("GET https://there:1/x?y HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assertTrue(said.endsWith("there:1 /x?y"), said); // RFC 9112 §3.2.2
  }

  // RFC 9112 §3, RFC 9110 §5.4: the server holds the head before anyone can look at it.
  @Test
  void refusesHeadsAboveTheLimits() throws Exception {
    String line = "/" + "x".repeat(HttpsService.MAX_REQUEST_LINE_BYTES);
    assertTrue(talk("GET " + line + " HTTP/1.1\r\n" + HOST + "\r\n").startsWith("HTTP/1.1 414 "));
    String field = "X: " + "x".repeat(Http3Service.MAX_FIELD_SECTION_BYTES) + "\r\n";
    assertTrue(talk("GET / HTTP/1.1\r\n" + HOST + field + "\r\n").startsWith("HTTP/1.1 431 "));
    String many = "X: y\r\n".repeat(RequestRules.MAX_FIELDS + 1);
    assertTrue(talk("GET / HTTP/1.1\r\n" + HOST + many + "\r\n").startsWith("HTTP/1.1 400 "));
    assertEquals(0, handled.get());
  }

  // RFC 9112 §8: a response that is cut off must not look whole.
  @Test
  void cutsOffWhatWasGivenUp() throws Exception {
    for (String version : new String[] {"1.0", "1.1"}) {
      try (HttpsLoopback loopback =
          new HttpsLoopback(
              exchange -> {
                OutboundBody body = exchange.respond(ResponseHead.of(200));
                body.write(Unpooled.copiedBuffer("half", StandardCharsets.US_ASCII));
                exchange
                    .loop()
                    .schedule(
                        () -> body.abort(HttpErrorCode.INTERNAL_ERROR), 100, TimeUnit.MILLISECONDS);
              })) {
        String said = talk(loopback, "GET / HTTP/" + version + "\r\n" + HOST + "\r\n");
        assertTrue(said.contains("half"), said);
        assertTrue(said.endsWith("<reset>"), said);
      }
    }
  }

  @Test
  void neverSendsAnotherLengthThanItHasDeclared() throws Exception {
    for (String text : new String[] {"ab", "abcdef"}) {
      try (HttpsLoopback loopback =
          new HttpsLoopback(
              exchange -> {
                OutboundBody body =
                    exchange.respond(ResponseHead.of(200).with("content-length", "4"));
                body.write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
                body.finish();
              })) {
        String said = talk(loopback, "GET / HTTP/1.1\r\n" + HOST + "\r\n");
        assertTrue(said.endsWith("<reset>"), said);
      }
    }
  }

  @Test
  void tellsWhoSpeaksWithoutTls() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        Socket socket = loopback.connectPlain()) {
      socket
          .getOutputStream()
          .write(("GET / HTTP/1.1\r\n" + HOST + "\r\n").getBytes(StandardCharsets.US_ASCII));
      String said = readAll(socket);
      assertTrue(said.startsWith("HTTP/1.1 400 Bad Request\r\n"), said);
      assertTrue(said.endsWith("This port speaks TLS: use https://\n"), said);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GET / HT"})
  void closesConnectionsThatBringNoRequest(String begun) throws Exception {
    HttpsConfig impatient =
        HttpsConfig.DEFAULT.withTimeouts(
            Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofSeconds(60));
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer, impatient)) {
      assertEquals("", talk(loopback, begun));
      try (Socket silent = loopback.connectPlain()) {
        assertEquals(0, readAll(silent).replace("<reset>", "").length(), "no handshake");
      }
    }
  }

  @Test
  void closesAnExchangeThatStandsStill() throws Exception {
    HttpsConfig impatient =
        HttpsConfig.DEFAULT.withTimeouts(
            Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMillis(300));
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> {}, impatient)) {
      assertEquals("", talk(loopback, "GET / HTTP/1.1\r\n" + HOST + "\r\n"));
    }
  }

  @Test
  void takesOnlySoManyConnections() throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(this::answer, HttpsConfig.DEFAULT.withMaxConnections(2));
        SSLSocket first = loopback.connect("http/1.1");
        SSLSocket second = loopback.connect("http/1.1");
        Socket third = loopback.connectPlain()) {
      assertEquals("", readAll(third).replace("<reset>", ""));
      assertEquals(2, loopback.service.connectionCount());
      assertFalse(first.isClosed() || second.isClosed());
    }
  }
}
