package dev.memux.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one message in the order in which they were added (RFC 9110 §5). Names are lower
 * case, as HTTP/3 has them (RFC 9114 §4.2). Not thread-safe.
 */
public final class HttpFields {
  private final List<String> names;
  private final List<String> values;

  /** No fields. */
  public HttpFields() {
    names = new ArrayList<>();
    values = new ArrayList<>();
  }

  /**
   * Adds a field after all others.
   *
   * @throws IllegalArgumentException if the name is not a token or the value holds a character that
   *     could end a field line elsewhere
   */
  public HttpFields add(String name, String value) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    checkName(lowerCase);
    checkValue(lowerCase, value);
    names.add(lowerCase);
    values.add(value);
    return this;
  }

  /** Replaces all fields of that name by one. */
  public HttpFields set(String name, String value) {
    remove(name);
    return add(name, value);
  }

  /** Removes all fields of that name. */
  public HttpFields remove(String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    for (int i = names.size() - 1; i >= 0; i--) {
      if (names.get(i).equals(lowerCase)) {
        names.remove(i);
        values.remove(i);
      }
    }
    return this;
  }

  /** The first value, or null. */
  public @Nullable String value(String name) {
    int index = names.indexOf(name.toLowerCase(Locale.ROOT));
    return index < 0 ? null : values.get(index);
  }

  /** All values of that name joined by commas, as RFC 9110 §5.3 combines them, or null. */
  public @Nullable String combined(String name) {
    return contains(name) ? String.join(", ", values(name)) : null;
  }

  /** Whether there is a field of that name. */
  public boolean contains(String name) {
    return names.contains(name.toLowerCase(Locale.ROOT));
  }

  /** How many fields there are. */
  public int size() {
    return names.size();
  }

  /** All values of that name, in order. */
  public List<String> values(String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equals(lowerCase)) {
        found.add(values.get(i));
      }
    }
    return found;
  }

  /** Calls back with each name and value, in order. */
  public void forEach(BiConsumer<String, String> consumer) {
    for (int i = 0; i < names.size(); i++) {
      consumer.accept(names.get(i), values.get(i));
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
    return text.toString();
  }

  private static void checkName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("empty field name");
    }
    for (int i = 0; i < name.length(); i++) {
      if (!isTokenCharacter(name.charAt(i))) {
        throw new IllegalArgumentException("field name is not a token");
      }
    }
  }

  // RFC 9110 §5.5, RFC 9114 §10.3: CR, LF and NUL would let a value become lines of its own where
  // the message is carried on over HTTP/1.1.
  private static void checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        throw new IllegalArgumentException("field " + name + " holds a forbidden character");
      }
    }
  }

  /** RFC 9110 §5.6.2. */
  static boolean isTokenCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }
}
