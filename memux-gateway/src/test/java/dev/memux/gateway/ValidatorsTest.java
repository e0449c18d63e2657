package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpFields;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** RFC 9110 §8.8, §13. */
final class ValidatorsTest {
  private final Validators validators =
      Validators.ofFile(12, Instant.parse("2026-11-21T08:00:00.5Z"));

  private boolean matched(String name, String value) {
    return validators.matchedBy(new HttpFields().add(name, value));
  }

  @Test
  void matchTagsByWeakComparison() {
    String tag = validators.entityTag();
    assertTrue(matched("if-none-match", tag));
    assertTrue(matched("if-none-match", "\"x\" , W/" + tag));
    assertTrue(matched("if-none-match", "*"));
    assertFalse(matched("if-none-match", "\"x\""));
    assertFalse(matched("if-none-match", tag.replace("\"", "")));
  }

  @Test
  void matchTimesToTheSecond() {
    assertTrue(matched("if-modified-since", "Sat, 21 Nov 2026 08:00:00 GMT"));
    assertTrue(matched("if-modified-since", "Sat, 21 Nov 2026 08:00:01 GMT"));
    assertFalse(matched("if-modified-since", "Sat, 21 Nov 2026 07:59:59 GMT"));
    assertFalse(matched("if-modified-since", "yesterday"));
  }

  // RFC 9110 §13.1.3: If-Modified-Since does not count where there is If-None-Match.
  @Test
  void preferTheTagToTheTime() {
    HttpFields fields = new HttpFields().add("if-none-match", "\"x\"");
    fields.add("if-modified-since", "Sat, 21 Nov 2026 08:00:01 GMT");
    assertFalse(validators.matchedBy(fields));
  }

  @Test
  void changeWithTheFile() {
    Instant modified = Instant.parse("2026-11-21T08:00:00.5Z");
    assertNotEquals(validators, Validators.ofFile(13, modified));
    assertNotEquals(validators, Validators.ofFile(12, modified.plusNanos(1)));
  }

  @Test
  void writeDatesAsHttpDoes() {
    assertEquals(
        "Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.format(Instant.parse("1994-11-06T08:49:37Z")));
    assertEquals(
        Instant.parse("1994-11-06T08:49:37Z"), HttpDate.parse("Sun, 06 Nov 1994 08:49:37 GMT"));
    assertNull(HttpDate.parse(""));
  }
}
