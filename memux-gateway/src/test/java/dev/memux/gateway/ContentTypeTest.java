package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContentTypeTest {
  @ParameterizedTest
  @CsvSource({
    "index.html, text/html; charset=utf-8",
    "A.HTM, text/html; charset=utf-8",
    "page.js, text/javascript; charset=utf-8",
    "a.tar.gz, application/gzip",
    "icon.svg, image/svg+xml",
    "a.b.PNG, image/png",
    "Makefile, application/octet-stream",
    "png, application/octet-stream",
    ".png, image/png",
    "a., application/octet-stream",
    "a.unknown, application/octet-stream",
  })
  void goesByTheEndOfTheName(String name, String type) {
    assertEquals(type, ContentType.of(name));
  }

  @ParameterizedTest
  @CsvSource({"image/png, 4, true", "text/html, 3, false", "application/json, 3, false"})
  void decidesTheDefaultPriority(String type, int urgency, boolean incremental) {
    assertEquals(urgency, DefaultPriority.of(type).urgency());
    assertEquals(incremental, DefaultPriority.of(type).isIncremental());
  }
}
