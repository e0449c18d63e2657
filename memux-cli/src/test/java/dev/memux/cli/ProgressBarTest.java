package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProgressBarTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.00 kB",
    "9994, 9.99 kB",
    "9996, 10.0 kB",
    "99940, 99.9 kB",
    "123456, 123 kB",
    "999499, 999 kB",
    "999500, 1.00 MB",
    "1234567890, 1.23 GB",
    "9223372036854775807, 9.22 EB",
  })
  void writesSizes(long bytes, String text) {
    assertEquals(text, Sizes.bytes(bytes));
  }

  @ParameterizedTest
  @CsvSource({"0, 0:00", "7, 0:07", "61, 1:01", "3599, 59:59", "3723, 1:02:03"})
  void writesDurations(long seconds, String text) {
    assertEquals(text, Sizes.duration(seconds));
  }
}
