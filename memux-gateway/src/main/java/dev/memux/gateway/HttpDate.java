package dev.memux.gateway;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times as HTTP fields have them (RFC 9110 §5.6.7), to the second. */
final class HttpDate {
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static volatile Second now = new Second(0, format(Instant.EPOCH));

  private HttpDate() {}

  private record Second(long second, String text) {}

  static String format(Instant instant) {
    return IMF_FIXDATE.format(instant);
  }

  /** The time now; written anew once a second. */
  static String now() {
    long second = Math.floorDiv(System.currentTimeMillis(), 1_000L);
    Second last = now;
    if (last.second != second) {
      last = new Second(second, format(Instant.ofEpochSecond(second)));
      now = last;
    }
    return last.text;
  }

  /** Null if it is no such time. */
  static @Nullable Instant parse(String text) {
    Instant time = parse(text, IMF_FIXDATE);
    // The two obsolete formats, which a recipient still takes.
    if (time == null) {
      time = parse(text, rfc850());
    }
    return time == null ? parse(text, Asctime.FORMAT) : time;
  }

  private static @Nullable Instant parse(String text, DateTimeFormatter format) {
    try {
      return LocalDateTime.parse(text, format).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null;
    }
  }

  // A year of two digits that seems to be more than 50 years ahead is one of the past.
  private static DateTimeFormatter rfc850() {
    LocalDate earliest = LocalDate.now(ZoneOffset.UTC).minusYears(49);
    return new DateTimeFormatterBuilder()
        .appendPattern("EEEE, dd-MMM-")
        .appendValueReduced(ChronoField.YEAR, 2, 2, earliest)
        .appendPattern(" HH:mm:ss 'GMT'")
        .toFormatter(Locale.US); // the root has no long names of days
  }

  /** Made only when somebody sends one. */
  private static final class Asctime {
    static final DateTimeFormatter FORMAT =
        DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ROOT);
  }
}
