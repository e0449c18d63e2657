package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpFields;
import dev.memux.http.RequestHead;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileAnswerTest {
  private static final Instant MODIFIED = Instant.parse("2026-11-21T08:00:00Z");
  private static final String DATE = "Sat, 21 Nov 2026 08:00:00 GMT";

  private static final Representation IDENTITY = form(ContentCoding.IDENTITY, 10_000);
  private static final Representation BROTLI = form(ContentCoding.BROTLI, 3_000);
  private static final Representation ZSTANDARD = form(ContentCoding.ZSTANDARD, 3_500);
  private static final Representation GZIP = form(ContentCoding.GZIP, 4_000);

  private static final FileLookup.Found PLAIN =
      new FileLookup.Found("text/css", IDENTITY, List.of());
  private static final FileLookup.Found CODED =
      new FileLookup.Found("text/css", IDENTITY, List.of(BROTLI, ZSTANDARD, GZIP));

  private static Representation form(ContentCoding coding, long sizeBytes) {
    return Representation.of(
        Path.of("style.css" + coding.suffix()),
        coding,
        new FileVersion(coding, sizeBytes, MODIFIED),
        MODIFIED.plusSeconds(60));
  }

  private static FileAnswer ask(String method, FileLookup.Found found, String... fields) {
    HttpFields request = new HttpFields();
    for (int i = 0; i < fields.length; i += 2) {
      request.add(fields[i], fields[i + 1]);
    }
    return FileAnswer.to(new RequestHead(method, "https", "a", "/style.css", request), found);
  }

  private static FileAnswer get(FileLookup.Found found, String... fields) {
    return ask("GET", found, fields);
  }

  private static String field(FileAnswer answer, String name) {
    return answer.head().fields().value(name);
  }

  private static String tag(Representation form) {
    return form.validators().entityTag().toString();
  }

  private static List<String> parts(FileAnswer answer) {
    return answer.body().stream()
        .filter(BodyPart.FromFile.class::isInstance)
        .map(part -> ((BodyPart.FromFile) part).range())
        .map(range -> range.first() + "-" + range.last())
        .toList();
  }

  @Test
  void sendsTheWholeFile() {
    FileAnswer answer = get(PLAIN, "accept-encoding", "br");
    assertEquals(200, answer.head().status());
    assertEquals(List.of("0-9999"), parts(answer));
    assertEquals("10000", field(answer, "content-length"));
    assertEquals("bytes", field(answer, "accept-ranges"));
    assertEquals(tag(IDENTITY), field(answer, "etag"));
    assertFalse(answer.head().fields().contains("vary"));
    assertFalse(answer.head().fields().contains("content-encoding"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip, deflate, br, zstd | BROTLI",
        "gzip, zstd | ZSTANDARD",
        "gzip | GZIP",
        "gzip;q=1, br;q=0.9 | GZIP",
        "br;q=0, * | ZSTANDARD",
        "identity | IDENTITY",
        "identity;q=1, gzip;q=0.5 | IDENTITY",
        "identity, gzip | GZIP",
        "deflate | IDENTITY",
        "*;q=0 | IDENTITY",
        "'' | IDENTITY",
      })
  void sendsTheFormThatTheClientLikesMost(String accepted, ContentCoding coding) {
    FileAnswer answer = get(CODED, "accept-encoding", accepted);
    assertEquals(200, answer.head().status());
    assertEquals(coding, answer.source().coding());
    boolean coded = coding != ContentCoding.IDENTITY;
    assertEquals(coded ? coding.token() : null, field(answer, "content-encoding"));
    assertEquals("text/css", field(answer, "content-type"));
    assertEquals("accept-encoding", field(answer, "vary"));
    assertEquals(tag(answer.source()), field(answer, "etag"));
    assertEquals(Long.toString(answer.source().sizeBytes()), field(answer, "content-length"));
  }

  @Test
  void preferAShorterFormOnly() {
    FileLookup.Found found =
        new FileLookup.Found("text/css", form(ContentCoding.IDENTITY, 10), List.of(GZIP));
    assertEquals(
        ContentCoding.IDENTITY, get(found, "accept-encoding", "gzip, identity").source().coding());
  }

  @Test
  void answersHeadAsGetWithoutRanges() {
    FileAnswer answer = ask("HEAD", CODED, "range", "bytes=0-0", "accept-encoding", "gzip");
    assertEquals(200, answer.head().status());
    assertEquals("4000", field(answer, "content-length"));
    assertEquals("gzip", field(answer, "content-encoding"));
  }

  @Test
  void sendsAPart() {
    FileAnswer answer = get(PLAIN, "range", "bytes=100-199");
    assertEquals(206, answer.head().status());
    assertEquals("bytes 100-199/10000", field(answer, "content-range"));
    assertEquals("100", field(answer, "content-length"));
    assertEquals("text/css", field(answer, "content-type"));
    assertEquals(tag(IDENTITY), field(answer, "etag"));
    assertEquals(DATE, field(answer, "last-modified"));
    assertEquals(List.of("100-199"), parts(answer));
  }

  // RFC 9110 §14.6.
  @Test
  void sendsSeveralPartsInOneBody() {
    FileAnswer answer = get(PLAIN, "range", "bytes=0-9,-10");
    assertEquals(206, answer.head().status());
    assertFalse(answer.head().fields().contains("content-range"));
    String type = field(answer, "content-type");
    assertTrue(type.startsWith("multipart/byteranges; boundary="), type);
    String boundary = type.substring(type.indexOf('=') + 1);
    String body =
        answer.body().stream()
            .map(part -> part instanceof BodyPart.Text(String text) ? text : "#")
            .collect(Collectors.joining());
    assertEquals(
        """
        --B
        content-type: text/css
        content-range: bytes 0-9/10000

        #
        --B
        content-type: text/css
        content-range: bytes 9990-9999/10000

        #
        --B--
        """
            .replace("B", boundary)
            .replace("\n", "\r\n"),
        body);
    assertEquals(Integer.toString(body.length() - 2 + 20), field(answer, "content-length"));
    assertNotEquals(type, field(get(PLAIN, "range", "bytes=0-9,-10"), "content-type"));
  }

  @Test
  void saysThatAPartDoesNotExist() {
    FileAnswer answer = get(PLAIN, "range", "bytes=10000-");
    assertEquals(416, answer.head().status());
    assertEquals("bytes */10000", field(answer, "content-range"));
    assertFalse(answer.head().fields().contains("etag"));
    assertEquals(List.of(), parts(answer));
  }

  @Test
  void sendsPartsOfTheUncodedFile() {
    FileAnswer answer = get(CODED, "range", "bytes=0-9", "accept-encoding", "br, gzip");
    assertEquals("bytes 0-9/10000", field(answer, "content-range"));
    assertFalse(answer.head().fields().contains("content-encoding"));
    assertEquals("accept-encoding", field(answer, "vary"));
    assertEquals(tag(IDENTITY), field(answer, "etag"));
  }

  // Who has the beginning of a coded file gets the rest of that, not of another.
  @Test
  void sendsPartsOfTheFormThatTheClientHas() {
    for (String condition : List.of("if-range", "if-match")) {
      FileAnswer answer = get(CODED, "range", "bytes=9-", condition, tag(GZIP));
      assertEquals(206, answer.head().status());
      assertEquals("bytes 9-3999/4000", field(answer, "content-range"));
      assertEquals("gzip", field(answer, "content-encoding"));
      assertEquals(tag(GZIP), field(answer, "etag"));
    }
  }

  @Test
  void sendsTheWholeIfThePartWouldNotFit() {
    FileAnswer answer =
        get(CODED, "range", "bytes=9-", "if-range", "\"old\"", "accept-encoding", "br");
    assertEquals(200, answer.head().status());
    assertEquals("br", field(answer, "content-encoding"));
    assertEquals(206, get(PLAIN, "range", "bytes=9-", "if-range", DATE).head().status());
    // All forms may be of the same second.
    assertEquals(200, get(CODED, "range", "bytes=9-", "if-range", DATE).head().status());
  }

  @Test
  void ignoresRangesThatItDoesNotKnow() {
    FileAnswer answer = get(CODED, "range", "lines=1-2", "accept-encoding", "br");
    assertEquals(200, answer.head().status());
    assertEquals("br", field(answer, "content-encoding"));
  }

  @Test
  void ignoresIfRangeWithoutRange() {
    assertEquals(200, get(PLAIN, "if-range", tag(IDENTITY)).head().status());
  }

  // RFC 9110 §13.2.2: conditions come first, and are those of the form that would be sent.
  @Test
  void weighsConditionsBeforeRanges() {
    FileAnswer same = get(PLAIN, "range", "bytes=99999-", "if-none-match", tag(IDENTITY));
    assertEquals(304, same.head().status());
    assertEquals(412, get(PLAIN, "range", "bytes=0-", "if-match", "\"x\"").head().status());
  }

  // RFC 9110 §15.4.5.
  @Test
  void saysThatTheClientIsCurrent() {
    FileAnswer answer = get(CODED, "accept-encoding", "br", "if-none-match", tag(BROTLI));
    assertEquals(304, answer.head().status());
    assertEquals(tag(BROTLI), field(answer, "etag"));
    assertEquals("accept-encoding", field(answer, "vary"));
    assertEquals(List.of(), answer.body());
    assertFalse(answer.head().fields().contains("content-length"));
    assertEquals(200, get(CODED, "if-none-match", tag(BROTLI)).head().status());
  }

  @Test
  void hasNoBodyForAnEmptyFile() {
    FileLookup.Found empty =
        new FileLookup.Found("text/css", form(ContentCoding.IDENTITY, 0), List.of());
    FileAnswer answer = get(empty, "range", "bytes=-5");
    assertEquals(200, answer.head().status());
    assertEquals("0", field(answer, "content-length"));
    assertEquals(List.of(), answer.body());
  }
}
