package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpFields;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110 §8.8. */
final class ValidatorsTest {
  private static final Instant MODIFIED = Instant.parse("2026-11-21T08:00:00.5Z");
  private static final Instant LATER = MODIFIED.plusSeconds(60);

  private static Validators of(long sizeBytes, Instant modified, Instant now) {
    return Validators.of(new FileVersion("file", sizeBytes, modified), ContentCoding.IDENTITY, now);
  }

  @Test
  void changeWithTheFile() {
    EntityTag tag = of(12, MODIFIED, LATER).entityTag();
    assertEquals(tag, of(12, MODIFIED, LATER.plusSeconds(1)).entityTag());
    assertNotEquals(tag, of(13, MODIFIED, LATER).entityTag());
    assertNotEquals(tag, of(12, MODIFIED.plusNanos(1), LATER).entityTag());
  }

  // §8.8.3.3: gzip -k gives the coded file the time of the other.
  @Test
  void differForEachCoding() {
    Set<String> tags = new HashSet<>();
    for (ContentCoding coding : ContentCoding.values()) {
      FileVersion version = new FileVersion("file", 12, MODIFIED);
      assertTrue(tags.add(Validators.of(version, coding, LATER).entityTag().opaque()));
    }
  }

  // §8.8.1.
  @Test
  void areWeakUntilTheFileHasRested() {
    assertTrue(of(12, MODIFIED, MODIFIED).entityTag().weak());
    Instant rested = MODIFIED.plus(Validators.REST);
    assertTrue(of(12, MODIFIED, rested.minusNanos(1)).entityTag().weak());
    assertFalse(of(12, MODIFIED, rested).entityTag().weak());
    assertTrue(
        of(12, MODIFIED, rested).entityTag().matchesWeakly(of(12, MODIFIED, MODIFIED).entityTag()));
  }

  // §8.8.2.1.
  @Test
  void areNeverOfATimeToCome() {
    Validators validators = of(12, LATER, MODIFIED);
    assertEquals(MODIFIED, validators.lastModified());
    assertTrue(validators.entityTag().weak());
    HttpFields fields = new HttpFields();
    validators.addTo(fields);
    assertEquals("Sat, 21 Nov 2026 08:00:00 GMT", fields.value("last-modified"));
    assertTrue(fields.value("etag").startsWith("W/\""), fields.value("etag"));
  }

  // §5.6.7.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"
      })
  void readDatesInAllFormats(String text) {
    assertEquals(Instant.parse("1994-11-06T08:49:37Z"), HttpDate.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"})
  void refuseWhatIsNoDate(String text) {
    assertNull(HttpDate.parse(text));
  }

  @Test
  void writeDatesAsHttpDoes() {
    assertEquals(
        "Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.format(Instant.parse("1994-11-06T08:49:37Z")));
  }
}
