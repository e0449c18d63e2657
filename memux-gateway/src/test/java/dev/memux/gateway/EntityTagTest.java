package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110 §8.8.3. */
final class EntityTagTest {
  private static final EntityTag STRONG = new EntityTag("1", false);
  private static final EntityTag WEAK = new EntityTag("1", true);

  // The table of §8.8.3.2.
  @Test
  void compares() {
    assertFalse(WEAK.matchesStrongly(WEAK));
    assertTrue(WEAK.matchesWeakly(WEAK));
    assertFalse(WEAK.matchesStrongly(new EntityTag("2", true)));
    assertFalse(WEAK.matchesWeakly(new EntityTag("2", true)));
    assertFalse(WEAK.matchesStrongly(STRONG));
    assertTrue(WEAK.matchesWeakly(STRONG));
    assertTrue(STRONG.matchesStrongly(STRONG));
    assertTrue(STRONG.matchesWeakly(STRONG));
  }

  @Test
  void readsOne() {
    assertEquals(STRONG, EntityTag.parse(" \"1\" "));
    assertEquals(WEAK, EntityTag.parse("W/\"1\""));
    assertEquals(new EntityTag("", false), EntityTag.parse("\"\""));
    assertEquals("W/\"1\"", WEAK.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "\"1", "\"", "W/", "w/\"1\"", "\"1\" \"2\"", "\"1 2\"", "*"})
  void refusesWhatIsNone(String text) {
    assertNull(EntityTag.parse(text));
  }

  @Test
  void readsListsInWhichTagsHoldCommas() {
    assertEquals(
        List.of(new EntityTag("a,b", false), WEAK, STRONG),
        EntityTag.parseList(" , \"a,b\" ,\tW/\"1\",,\"1\", "));
    assertEquals(List.of(), EntityTag.parseList(""));
    assertEquals(List.of(STRONG), EntityTag.parseList("\"1\", x, \"2\""));
    assertEquals(List.of(STRONG), EntityTag.parseList("\"1\"\"2\""));
  }
}
