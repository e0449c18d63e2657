package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.Http1ClientConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a backend is, and what it is told of the client. */
final class BackendTest {
  private static Backend parse(String text) {
    return Backend.parse(text, Http1ClientConfig.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:8080, localhost, 8080",
    "http://localhost:8080/, localhost, 8080",
    "HTTP://localhost, localhost, 80",
    "http://[::1]:81, ::1, 81",
    "http://127.0.0.1, 127.0.0.1, 80",
  })
  void readsUrls(String text, String host, int port) {
    Backend backend = parse(text);
    assertEquals(host, backend.host());
    assertEquals(port, backend.port());
  }

  @ParameterizedTest
  @CsvSource({
    "https://localhost, TLS to a backend is not supported",
    "localhost:8080, a backend is http://HOST:PORT",
    "ftp://localhost, not ftp",
    "http://localhost/path, a backend has no path",
    "http://user@localhost, nothing more",
    "http://localhost?x, nothing more",
    "http:///, no host",
    "http://a b, Illegal character",
  })
  void saysWhatIsNoBackend(String text, String reason) {
    String message = assertThrows(IllegalArgumentException.class, () -> parse(text)).getMessage();
    assertTrue(message.startsWith(text + ": "), message);
    assertTrue(message.contains(reason) || reason.equals("no host"), message);
  }

  // RFC 7239 §4, §6
  @Test
  void tellsOfTheClient() {
    InetSocketAddress four = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1);
    InetSocketAddress six = new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 2);
    assertEquals(
        "for=192.0.2.1;by=\"[2001:db8::1]\";host=\"a:1\";proto=https",
        ForwardedField.element(four, six, "a:1"));
    assertEquals("proto=https", ForwardedField.element(null, null, ""));
    assertEquals("host=\"a\\\"b\";proto=https", ForwardedField.element(null, null, "a\"b"));
  }
}
