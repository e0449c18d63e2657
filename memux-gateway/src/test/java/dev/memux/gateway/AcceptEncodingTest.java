package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110 §12.5.3. */
final class AcceptEncodingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip, deflate, br, zstd | 0 1000 1000 1000",
        "GZIP;Q=0.5 , br ; q=0.25 | 0 250 0 500",
        "x-gzip | 0 0 0 1000",
        "* | 1000 1000 1000 1000",
        "br;q=0, * | 1000 0 1000 1000",
        "gzip;q=1.000, *;q=0 | 0 0 0 1000",
        "identity, br;q=0.001 | 1000 1 0 0",
        "gzip;q=2, br;q=-1, zstd;q=0.1234 | 0 0 0 0",
        "gzip;level=9 | 0 0 0 0",
        "'' | 0 0 0 0",
      })
  void weighsEachCoding(String field, String qualities) {
    AcceptEncoding accepted = AcceptEncoding.parse(field);
    assertEquals(
        qualities,
        "%d %d %d %d"
            .formatted(
                accepted.quality(ContentCoding.IDENTITY),
                accepted.quality(ContentCoding.BROTLI),
                accepted.quality(ContentCoding.ZSTANDARD),
                accepted.quality(ContentCoding.GZIP)));
  }

  @Test
  void takesNothingCodedWithoutTheField() {
    for (ContentCoding coding : ContentCoding.values()) {
      assertEquals(0, AcceptEncoding.parse(null).quality(coding));
    }
  }
}
