package dev.memux.gateway;

import static dev.memux.gateway.Preconditions.Outcome.FAILED;
import static dev.memux.gateway.Preconditions.Outcome.NOT_MODIFIED;
import static dev.memux.gateway.Preconditions.Outcome.PROCEED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpFields;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110 §13. */
final class PreconditionsTest {
  private static final Instant MODIFIED = Instant.parse("2026-11-21T08:00:00.5Z");
  private static final String BEFORE = "Sat, 21 Nov 2026 07:59:59 GMT";
  private static final String SAME = "Sat, 21 Nov 2026 08:00:00 GMT";
  private static final String AFTER = "Sat, 21 Nov 2026 08:00:01 GMT";

  private static final Validators STRONG = new Validators(new EntityTag("t", false), MODIFIED);
  private static final Validators WEAK = new Validators(new EntityTag("t", true), MODIFIED);

  private static Preconditions.Outcome evaluate(Validators current, String... fields) {
    HttpFields request = new HttpFields();
    for (int i = 0; i < fields.length; i += 2) {
      request.add(fields[i], fields[i + 1]);
    }
    return Preconditions.evaluate(request, current);
  }

  @Test
  void proceedWithoutConditions() {
    assertEquals(PROCEED, evaluate(STRONG));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "\"t\" | NOT_MODIFIED",
        "\"x\" , W/\"t\" | NOT_MODIFIED",
        "* | NOT_MODIFIED",
        "\"x\" | PROCEED",
        "t | PROCEED"
      })
  void ifNoneMatchComparesWeakly(String tags, Preconditions.Outcome outcome) {
    assertEquals(outcome, evaluate(STRONG, "if-none-match", tags));
    assertEquals(outcome, evaluate(WEAK, "if-none-match", tags));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "\"t\" | PROCEED",
        "\"x\", \"t\" | PROCEED",
        "* | PROCEED",
        "W/\"t\" | FAILED",
        "\"x\" | FAILED",
        "t | FAILED"
      })
  void ifMatchComparesStrongly(String tags, Preconditions.Outcome outcome) {
    assertEquals(outcome, evaluate(STRONG, "if-match", tags));
  }

  @Test
  void ifMatchNeverNamesAWeakTag() {
    assertEquals(FAILED, evaluate(WEAK, "if-match", "\"t\""));
    assertEquals(PROCEED, evaluate(WEAK, "if-match", "*"));
  }

  @Test
  void ifModifiedSinceCountsSeconds() {
    assertEquals(PROCEED, evaluate(STRONG, "if-modified-since", BEFORE));
    assertEquals(NOT_MODIFIED, evaluate(STRONG, "if-modified-since", SAME));
    assertEquals(NOT_MODIFIED, evaluate(STRONG, "if-modified-since", AFTER));
    assertEquals(PROCEED, evaluate(STRONG, "if-modified-since", "yesterday"));
  }

  @Test
  void ifUnmodifiedSinceCountsSeconds() {
    assertEquals(FAILED, evaluate(STRONG, "if-unmodified-since", BEFORE));
    assertEquals(PROCEED, evaluate(STRONG, "if-unmodified-since", SAME));
    assertEquals(PROCEED, evaluate(STRONG, "if-unmodified-since", AFTER));
    assertEquals(PROCEED, evaluate(STRONG, "if-unmodified-since", "yesterday"));
  }

  // §13.2.2: If-Match before If-Unmodified-Since before If-None-Match before If-Modified-Since.
  @Test
  void precede() {
    assertEquals(PROCEED, evaluate(STRONG, "if-match", "\"t\"", "if-unmodified-since", BEFORE));
    assertEquals(FAILED, evaluate(STRONG, "if-match", "\"x\"", "if-unmodified-since", AFTER));
    assertEquals(FAILED, evaluate(STRONG, "if-match", "\"x\"", "if-none-match", "\"t\""));
    assertEquals(FAILED, evaluate(STRONG, "if-unmodified-since", BEFORE, "if-none-match", "*"));
    assertEquals(NOT_MODIFIED, evaluate(STRONG, "if-match", "\"t\"", "if-none-match", "\"t\""));
    assertEquals(PROCEED, evaluate(STRONG, "if-none-match", "\"x\"", "if-modified-since", AFTER));
    assertEquals(
        NOT_MODIFIED, evaluate(STRONG, "if-none-match", "\"t\"", "if-modified-since", BEFORE));
  }

  // §13.1.5.
  @Test
  void aRangeFitsOnlyToTheVerySameContent() {
    assertTrue(Preconditions.rangeFits("\"t\"", STRONG, true));
    assertFalse(Preconditions.rangeFits("\"x\"", STRONG, true));
    assertFalse(Preconditions.rangeFits("W/\"t\"", STRONG, true));
    assertFalse(Preconditions.rangeFits("\"t\"", WEAK, true));
    assertFalse(Preconditions.rangeFits("*", STRONG, true));
    assertTrue(Preconditions.rangeFits(SAME, STRONG, true));
    assertFalse(Preconditions.rangeFits(SAME, WEAK, true));
    assertFalse(Preconditions.rangeFits(AFTER, STRONG, true));
    assertFalse(Preconditions.rangeFits(BEFORE, STRONG, true));
    assertFalse(Preconditions.rangeFits(SAME, STRONG, false));
  }
}
