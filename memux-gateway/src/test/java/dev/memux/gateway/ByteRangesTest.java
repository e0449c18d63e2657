package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110 §14.1.2, §14.2. */
final class ByteRangesTest {
  private static String parse(String field, long contentBytes) {
    List<ByteRange> ranges = ByteRanges.parse(field, contentBytes);
    return ranges == null
        ? "ignored"
        : ranges.stream()
            .map(range -> range.first() + "-" + range.last())
            .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=0-499 | 0-499",
        "bytes=500-999 | 500-999",
        "bytes=-500 | 9500-9999",
        "bytes=9500- | 9500-9999",
        "bytes=0-0,-1 | 0-0 9999-9999",
        "bytes= 0-0, 4500-5499 , -1000 | 0-0 4500-5499 9000-9999",
        "bytes=9999-20000 | 9999-9999",
        "bytes=-20000 | 0-9999",
        "BYTES=0-0 | 0-0",
        "bytes=,0-0,, | 0-0",
        "bytes=0-99999999999999999999999 | 0-9999",
        "bytes=5000-5999,0-99 | 5000-5999 0-99",
      })
  void findsTheParts(String field, String parts) {
    assertEquals(parts, parse(field, 10_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=10000-",
        "bytes=10000-10001,20000-",
        "bytes=-0",
        "bytes=99999999999999999999999-"
      })
  void tellsThatNoPartExists(String field) {
    assertEquals(List.of(), ByteRanges.parse(field, 10_000));
  }

  @Test
  void leavesOutPartsThatDoNotExist() {
    assertEquals("0-9", parse("bytes=20000-,0-9,-0", 10_000));
  }

  // §14.2: a field that is malformed may be ignored, one of an unknown unit must be.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=0-1,x",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes 0-1",
        "bytes=\u0661-2",
        "lines=0-1",
        ""
      })
  void ignoresWhatIsNoRange(String field) {
    assertNull(ByteRanges.parse(field, 10_000));
  }

  // §14.4: there is no Content-Range for a part of nothing.
  @Test
  void ignoresRangesOfNothing() {
    assertNull(ByteRanges.parse("bytes=0-", 0));
    assertNull(ByteRanges.parse("bytes=-5", 0));
  }

  // §15.3.7.2.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=0-99,50-149 | 0-149",
        "bytes=50-149,0-99 | 0-149",
        "bytes=0-9,10-19 | 0-19",
        "bytes=0-9,138-200 | 0-200",
        "bytes=0-9,139-200 | 0-9 139-200",
        "bytes=0-9,5000-5009,2-3 | 0-9 5000-5009",
        "bytes=0-9,400-409,200-300,130-280 | 0-409",
        "bytes=9000-9009,0-9,8000-8009,5-5000,-10 | 9000-9009 0-5000 8000-8009 9990-9999",
      })
  void joinsPartsThatOverlapOrNearlyTouch(String field, String parts) {
    assertEquals(parts, parse(field, 10_000));
  }

  private static String many(int count) {
    return "bytes="
        + IntStream.range(0, count)
            .mapToObj(i -> (i * 1000) + "-" + (i * 1000))
            .collect(Collectors.joining(","));
  }

  // §17.15.
  @Test
  void ignoresAFieldWithTooManyRanges() {
    List<ByteRange> most = ByteRanges.parse(many(ByteRanges.MAX_RANGES), 1_000_000);
    assertNotNull(most);
    assertEquals(ByteRanges.MAX_RANGES, most.size());
    assertNull(ByteRanges.parse(many(ByteRanges.MAX_RANGES + 1), 1_000_000));
  }

  // §17.15: the well-known attack asks for everything over and over.
  @Test
  void neverSendsAnyByteTwice() {
    String all = "bytes=" + "0-,".repeat(ByteRanges.MAX_RANGES - 1) + "1-";
    assertEquals("0-999999", parse(all, 1_000_000));
    List<ByteRange> parts = ByteRanges.parse("bytes=0-5,0-600,1000-,500-1200", 1_000_000);
    assertNotNull(parts);
    assertTrue(parts.stream().mapToLong(ByteRange::sizeBytes).sum() <= 1_000_000);
  }
}
