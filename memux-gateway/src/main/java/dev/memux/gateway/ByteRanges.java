package dev.memux.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which parts of a content a Range field asks for (RFC 9110 §14.2). */
final class ByteRanges {
  /**
   * RFC 9110 §14.2, §17.15: many ranges are a broken client or an attempt to make little requests
   * cost much. A field with more is ignored.
   */
  static final int MAX_RANGES = 16;

  /** RFC 9110 §15.3.7.2: what lies closer together costs more as two parts than as one. */
  static final long MAX_GAP_BYTES = 128;

  private static final String UNIT = "bytes=";

  private ByteRanges() {}

  /** Whether the field asks for bytes; units that are not known are ignored (RFC 9110 §14.2). */
  static boolean isBytes(String field) {
    return field.strip().toLowerCase(Locale.ROOT).startsWith(UNIT);
  }

  /**
   * The parts, in the order asked for, joined where they overlap or nearly touch: together they are
   * hardly larger than the content. Empty: none of them exists. Null: the field is to be ignored,
   * because it is malformed, asks for too much, or there is no content to take a part of.
   */
  static @Nullable List<ByteRange> parse(String field, long contentBytes) {
    if (!isBytes(field) || contentBytes == 0) {
      return null;
    }
    String[] specs = field.strip().substring(UNIT.length()).split(",", -1);
    if (specs.length > MAX_RANGES) {
      return null;
    }
    List<ByteRange> ranges = new ArrayList<>();
    boolean any = false;
    for (String spec : specs) {
      String text = spec.strip();
      if (text.isEmpty()) {
        continue; // RFC 9110 §5.6.1.2: a recipient takes empty elements of a list
      }
      int dash = text.indexOf('-');
      if (dash < 0 || !isDigits(text, 0, dash) || !isDigits(text, dash + 1, text.length())) {
        return null;
      }
      Long first = position(text.substring(0, dash));
      Long last = position(text.substring(dash + 1));
      if ((first == null && last == null) || (first != null && last != null && last < first)) {
        return null;
      }
      any = true;
      ByteRange range = range(first, last, contentBytes);
      if (range != null) {
        add(ranges, range);
      }
    }
    return any ? ranges : null;
  }

  /** The part that is there, or null if none of it is. */
  private static @Nullable ByteRange range(
      @Nullable Long first, @Nullable Long last, long contentBytes) {
    long end = contentBytes - 1;
    if (first != null) {
      return first > end ? null : new ByteRange(first, last == null ? end : Math.min(last, end));
    }
    return last == null || last == 0 ? null : new ByteRange(Math.max(0, contentBytes - last), end);
  }

  private static void add(List<ByteRange> ranges, ByteRange range) {
    ByteRange joined = range;
    int at = ranges.size();
    for (int near = near(ranges, joined); near >= 0; near = near(ranges, joined)) {
      joined = joined.joinedWith(ranges.remove(near));
      at = Math.min(at, near);
    }
    ranges.add(at, joined);
  }

  private static int near(List<ByteRange> ranges, ByteRange range) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).isWithin(MAX_GAP_BYTES, range)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isDigits(String text, int from, int to) {
    return text.substring(from, to).chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Null for nothing; what is beyond any file becomes the largest number there is. */
  private static @Nullable Long position(String digits) {
    if (digits.isEmpty()) {
      return null;
    }
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }
}
