package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 3986, RFC 9110 §4.2.2. */
final class RequestUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://localhost:8443/, localhost, 8443, /",
    "https://localhost, localhost, 443, /",
    "HTTPS://Example.COM:/a?b=c#d, example.com, 443, /a?b=c",
    "https://[::1]:8443/x/y, ::1, 8443, /x/y",
    "https://[::1], ::1, 443, /",
    "https://h?q, h, 443, /?q",
    "https://h/a%20b/../c, h, 443, /a%20b/../c",
    "https://b\u00fccher.example/\u00fc?\u00fc, xn--bcher-kva.example, 443, /%C3%BC?%C3%BC",
  })
  void takesAUrlApart(String text, String host, int port, String path) {
    RequestUrl url = RequestUrl.parse(text);
    assertEquals(new Origin(host, port), url.origin());
    assertEquals(path, url.path());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:8443/",
        "/path",
        "http://localhost/",
        "ftp://localhost/",
        "https:///path",
        "https://",
        "https:localhost",
        "https://user@localhost/",
        "https://localhost:0/",
        "https://localhost:65536/",
        "https://localhost:x/",
        "https://local host/",
        "https://localhost/a b",
        "https://localhost/%zz",
        "https://a_b!/",
      })
  void refusesWhatIsNoHttpsUrl(String text) {
    assertThrows(IllegalArgumentException.class, () -> RequestUrl.parse(text));
  }

  @Test
  void namesTheFile() {
    assertEquals("c.png", RequestUrl.parse("https://h/a/c.png?x=/y").fileName());
    assertEquals("", RequestUrl.parse("https://h/a/").fileName());
  }

  @Test
  void writesTheAuthority() {
    assertEquals("h", new Origin("h", 443).authority());
    assertEquals("[::1]:8443", new Origin("::1", 8443).authority());
    assertEquals("h:443", new Origin("h", 443).toString());
  }
}
