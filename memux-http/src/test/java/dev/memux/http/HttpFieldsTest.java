package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110 §5. */
final class HttpFieldsTest {
  private final HttpFields fields = new HttpFields();

  @Test
  void findsNamesInAnyCase() {
    fields.add("Content-Type", "text/html");
    assertEquals("text/html", fields.value("CONTENT-TYPE"));
    assertEquals("content-type: text/html\n", fields.toString());
    assertNull(fields.value("content"));
  }

  @Test
  void combinesSeveralOfOneName() {
    fields.add("a", "1").add("b", "x").add("a", "2");
    assertEquals("1", fields.value("a"));
    assertEquals("1, 2", fields.combined("a"));
    assertNull(fields.combined("c"));
  }

  @Test
  void replacesAllOfOneName() {
    fields.add("a", "1").add("a", "2").set("A", "3");
    assertEquals("3", fields.combined("a"));
    assertEquals(1, fields.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:b", "a\r", "\u00e9", ":path"})
  void refusesNamesThatAreNoTokens(String name) {
    assertThrows(IllegalArgumentException.class, () -> fields.add(name, "x"));
  }

  // RFC 9110 §5.5: else one value could become two lines over HTTP/1.1.
  @ParameterizedTest
  @ValueSource(strings = {"a\nb: c", "a\rb", "a\0b"})
  void refusesValuesThatCouldEndALine(String value) {
    assertThrows(IllegalArgumentException.class, () -> fields.add("a", value));
  }
}
