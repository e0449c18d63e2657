package dev.memux.gateway;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which content codings a client takes, and how gladly (RFC 9110 §12.5.3). */
final class AcceptEncoding {
  private static final int FULL_QUALITY = 1_000;
  private static final String ANY = "*";

  private final Map<String, Integer> qualities;

  private AcceptEncoding(Map<String, Integer> qualities) {
    this.qualities = qualities;
  }

  /** What the field's value says; null, without the field: only what is not coded. */
  static AcceptEncoding parse(@Nullable String field) {
    Map<String, Integer> qualities = new HashMap<>();
    if (field != null) {
      for (String member : field.split(",", -1)) {
        String[] parts = member.split(";", 2);
        Integer quality = parts.length < 2 ? Integer.valueOf(FULL_QUALITY) : quality(parts[1]);
        if (quality != null) {
          qualities.put(name(parts[0]), quality);
        }
      }
    }
    return new AcceptEncoding(qualities);
  }

  /**
   * How much the client wants a coding, in thousandths; 0: not at all. What is not coded may always
   * be sent, so that its 0 means: if there is nothing better.
   */
  int quality(ContentCoding coding) {
    Integer said = qualities.get(coding.token());
    return said != null ? said : qualities.getOrDefault(ANY, 0);
  }

  // RFC 9110 §8.4.1.3: an older name of the same.
  private static String name(String text) {
    String name = text.strip().toLowerCase(Locale.ROOT);
    return name.equals("x-gzip") ? ContentCoding.GZIP.token() : name;
  }

  /** RFC 9110 §12.4.2: 0 to 1 with at most three decimals; null for anything else. */
  private static @Nullable Integer quality(String parameter) {
    String text = parameter.strip().toLowerCase(Locale.ROOT);
    if (!text.matches("q=(0(\\.\\d{0,3})?|1(\\.0{0,3})?)")) {
      return null;
    }
    return (int) Math.round(Double.parseDouble(text.substring(2)) * FULL_QUALITY);
  }
}
