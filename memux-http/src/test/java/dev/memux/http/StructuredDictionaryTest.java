package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9651 §3.2, §4.2. */
final class StructuredDictionaryTest {
  @Test
  void readsIntegersAndBooleans() {
    assertEquals(
        Map.of("a", 1L, "b", -12L, "c", true, "d", false, "e", true),
        StructuredDictionary.parse("a=1, b=-12,c, d=?0 ,\te=?1"));
  }

  @Test
  void takesTheLastOfMembersWithOneKey() {
    assertEquals(Map.of("a", 2L), StructuredDictionary.parse("a=1, a=2"));
  }

  @Test
  void isEmptyForEmptyText() {
    assertEquals(Map.of(), StructuredDictionary.parse(""));
    assertEquals(Map.of(), StructuredDictionary.parse("   "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1.5",
        "a=\"text, with \\\" and \\\\\"",
        "a=tok/en:1",
        "a=*",
        "a=:aGVsbG8=:",
        "a=(1 \"x\" tok;p=1)",
        "a=()",
        "a=( 1  2 )",
        "a=-999999999999.999",
        "a=@1659578233",
        "a=@-1;p",
        "a=%\"plain\"",
        "a=%\"f%c3%bc\"",
      })
  void checksValuesOfOtherTypesAndPassesThemOver(String text) {
    assertEquals(Map.of("a", StructuredDictionary.OTHER), StructuredDictionary.parse(text));
  }

  @Test
  void checksParametersAndPassesThemOver() {
    assertEquals(
        Map.of("a", 1L, "b", true), StructuredDictionary.parse("a=1;x;y=2; z=\"q\", b;c=?0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A=1",
        "1a=1",
        "a=",
        "a=1,",
        ",a=1",
        "a=1 b=2",
        "a==1",
        "a=-",
        "a=1.",
        "a=1.2345",
        "a=1234567890123456",
        "a=1234567890123.1",
        "a=?2",
        "a=?",
        "a=\"open",
        "a=\"bad \\x\"",
        "a=\"\u00e9\"",
        "a=:open",
        "a=:b!:",
        "a=(1",
        "a=(1,2)",
        "a=1;",
        "a=1;X",
        "a=@",
        "a=@1.5",
        "a=%x",
        "a=%\"open",
        "a=%\"%C3%BC\"",
        "a=%\"%c3\"",
        "a=%\"%f\"",
        "\u0000",
        "a=1\n",
      })
  void refusesWhatIsNoDictionary(String text) {
    assertNull(StructuredDictionary.parse(text));
  }

  @Test
  void survivesAnyText() {
    Random random = new Random(9651);
    String alphabet = "aui=?01-.,; \t()\":\\*A@%\u0000\u00ff";
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(12); n > 0; n--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      StructuredDictionary.parse(text); // throws nothing
    }
    assertNotNull(StructuredDictionary.parse("u=1"));
  }
}
