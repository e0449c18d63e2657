package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.memux.http.RequestUrl;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonLineTest {
  @Test
  void writesAllKindsOfValues() {
    assertEquals(
        "{\"a\":\"x\",\"b\":12,\"c\":null,\"d\":1.235,\"e\":null,\"f\":7,\"g\":null}",
        new JsonLine()
            .add("a", "x")
            .add("b", 12)
            .add("c", null)
            .addMillis("d", 1_234_567)
            .addMillis("e", -1)
            .addKnown("f", 7)
            .addKnown("g", -1)
            .toString());
  }

  @Test
  void survivesAnyText() {
    StringBuilder all = new StringBuilder("\ud83d\ude00 ");
    for (char c = 0; c < 0x180; c++) {
      all.append(c);
    }
    String line = new JsonLine().add("text", all.toString()).toString();
    assertFalse(line.contains("\n"));
    assertEquals(Map.of("text", all.toString()), Json.object(line));
  }

  @Test
  void escapesHalfOfASurrogatePair() {
    assertEquals(
        "{\"a\":\"\\ud83d\",\"b\":\"x\\ude00\"}",
        new JsonLine().add("a", "\ud83d").add("b", "x\ude00").toString());
  }

  @Test
  void tellsOfADownload() {
    RequestUrl url = RequestUrl.parse("https://h/a\"b".replace("\"", "%22"));
    assertEquals(
        "{\"url\":\"https://h/a%22b\",\"status\":200,\"bytes\":5,\"ttfb_ms\":1.500,"
            + "\"total_ms\":2.000,\"protocol\":\"h3\"}",
        FetchReport.line(new Download.Outcome(url, 200, 5, 5, 1_500_000, 2_000_000, 0, null)));
    assertEquals(
        "{\"url\":\"https://h/a%22b\",\"status\":null,\"bytes\":0,\"ttfb_ms\":null,"
            + "\"total_ms\":2.000,\"protocol\":null,\"error\":\"no\",\"exit_code\":7}",
        FetchReport.line(new Download.Outcome(url, 0, 0, -1, -1, 2_000_000, 7, "no")));
  }
}
