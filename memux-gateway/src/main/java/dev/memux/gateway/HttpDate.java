package dev.memux.gateway;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times as HTTP fields have them (RFC 9110 §5.6.7), to the second. */
final class HttpDate {
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private HttpDate() {}

  static String format(Instant instant) {
    return IMF_FIXDATE.format(instant);
  }

  /** Null if it is no such time; the two obsolete formats are not understood. */
  static @Nullable Instant parse(String text) {
    try {
      return ZonedDateTime.parse(text, IMF_FIXDATE).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
