package dev.memux.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;

/** Reads amounts with units, as people write them: {@code 10Mbit}, {@code 64kB}, {@code 25ms}. */
final class Quantity {
  private static final Map<String, Long> BITS_PER_SECOND =
      Map.of("bit", 1L, "kbit", 1_000L, "mbit", 1_000_000L, "gbit", 1_000_000_000L);
  private static final Map<String, Long> BYTES =
      Map.of("b", 1L, "kb", 1_000L, "mb", 1_000_000L, "kib", 1L << 10, "mib", 1L << 20);
  private static final Map<String, Long> NANOS =
      Map.of("us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);

  private Quantity() {}

  /** {@code 10Mbit}: bits a second. */
  static long rate(String text) {
    return parse(text, BITS_PER_SECOND, "a rate such as 10Mbit");
  }

  /** {@code 64kB}. */
  static long bytes(String text) {
    return parse(text, BYTES, "a size such as 64kB");
  }

  /** {@code 25ms}. */
  static long nanos(String text) {
    return parse(text, NANOS, "a time such as 25ms");
  }

  /** {@code 1.5%}, as a probability. */
  static double probability(String text) {
    double percent = -1;
    if (text.endsWith("%")) {
      try {
        percent = Double.parseDouble(text.substring(0, text.length() - 1));
      } catch (NumberFormatException e) {
        // said below
      }
    }
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("'" + text + "' is not a share such as 1.5%");
    }
    return percent / 100;
  }

  /**
   * @throws IllegalArgumentException with a message for people
   */
  private static long parse(String text, Map<String, Long> units, String wanted) {
    int end = 0;
    while (end < text.length() && "0123456789.".indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    Long unit = units.get(text.substring(end).toLowerCase(Locale.ROOT));
    try {
      if (unit != null) {
        return new BigDecimal(text.substring(0, end))
            .multiply(BigDecimal.valueOf(unit))
            .longValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("'" + text + "' is not " + wanted);
  }
}
