package dev.memux.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes one JSON object on one line (RFC 8259). */
final class JsonLine {
  private final StringBuilder text = new StringBuilder("{");

  JsonLine add(String name, @Nullable String value) {
    name(name);
    if (value == null) {
      text.append("null");
    } else {
      quote(value);
    }
    return this;
  }

  JsonLine add(String name, boolean value) {
    name(name);
    text.append(value);
    return this;
  }

  JsonLine add(String name, long value) {
    name(name);
    text.append(value);
    return this;
  }

  /** A count, or null where it is not known, which is said with a negative number. */
  JsonLine addKnown(String name, long value) {
    return value < 0 ? add(name, null) : add(name, value);
  }

  /** Nanoseconds as milliseconds with three decimals; negative: not known. */
  JsonLine addMillis(String name, long nanos) {
    if (nanos < 0) {
      return add(name, null);
    }
    name(name);
    text.append(String.format(Locale.ROOT, "%.3f", nanos / 1e6));
    return this;
  }

  /** A number with so many decimals; null: not known. */
  JsonLine addDecimal(String name, @Nullable Double value, int decimals) {
    if (value == null) {
      return add(name, null);
    }
    name(name);
    text.append(String.format(Locale.ROOT, "%." + decimals + "f", value));
    return this;
  }

  @Override
  public String toString() {
    return text + "}";
  }

  private void name(String name) {
    if (text.length() > 1) {
      text.append(',');
    }
    quote(name);
    text.append(':');
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          // Beyond what must be escaped: half a surrogate pair is not text in any encoding.
          if (c < 0x20 || (Character.isSurrogate(c) && !isPaired(value, i))) {
            text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  private static boolean isPaired(String value, int i) {
    return Character.isHighSurrogate(value.charAt(i))
        ? i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(value.charAt(i - 1));
  }
}
