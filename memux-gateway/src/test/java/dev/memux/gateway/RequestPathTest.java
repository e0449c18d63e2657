package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 3986 §2, §3.3. */
final class RequestPathTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/               | ''          | true",
        "/?q=/../        | ''          | true",
        "/a              | a           | false",
        "/a/             | a           | true",
        "/a/b.txt?x      | a,b.txt     | false",
        "/%41%2e%62      | A.b         | false",
        "/a%20b          | a b         | false",
        "/%C3%BC         | \u00fc      | false",
        "/%e2%82%ac/     | \u20ac      | true",
        "/...            | ...         | false",
        "/a+b            | a+b         | false",
        "/%25            | %           | false",
      })
  void decodesAndSplits(String path, String segments, boolean folder) {
    RequestPath parsed = RequestPath.parse(path);
    assertNotNull(parsed);
    List<String> expected = segments.isEmpty() ? List.of() : List.of(segments.split(","));
    assertEquals(expected, parsed.segments());
    assertEquals(folder, parsed.folder());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "*",
        "?",
        "//",
        "//etc/passwd",
        "/a//b",
        "/..",
        "/../",
        "/../etc/passwd",
        "/a/../b",
        "/a/..",
        "/.",
        "/./a",
        "/%2e%2e/a",
        "/.%2E/a",
        "/%2e",
        "/..%2fetc",
        "/a%2fb",
        "/a%2F..%2Fb",
        "/a\\b",
        "/..\\..\\x",
        "/a%5cb",
        "/%00",
        "/a%00.png",
        "/a%0a",
        "/a%7f",
        "/C:",
        "/C%3a/x",
        "/a.txt::$DATA",
        "/%",
        "/%4",
        "/%zz",
        "/%4g",
        "/a%",
        "/%c3",
        "/%c3%28",
        "/%c0%ae%c0%ae/",
        "/%c0%af",
        "/%ed%a0%80",
        "/%ff",
        "/\u00fc",
      })
  void refusesWhatIsMalformedOrUnsafe(String path) {
    assertNull(RequestPath.parse(path));
  }

  @Test
  void neverYieldsASegmentThatLeadsElsewhere() {
    Random random = new Random(3986);
    String[] parts = {"/", "..", ".", "%2e", "%2f", "%5c", "\\", "a", "%00", "%", "c3", "?", ":"};
    for (int i = 0; i < 200_000; i++) {
      StringBuilder path = new StringBuilder("/");
      for (int n = random.nextInt(8); n > 0; n--) {
        path.append(parts[random.nextInt(parts.length)]);
      }
      RequestPath parsed = RequestPath.parse(path.toString());
      if (parsed != null) {
        for (String segment : parsed.segments()) {
          assertEquals(-1, "/..\\.".indexOf(segment), () -> "segment " + segment + " of " + path);
        }
      }
    }
  }
}
