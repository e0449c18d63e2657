package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;

/** Checks that both configurations share. */
final class Settings {
  private static final int MAX_PROTOCOL_NAME_BYTES = 255; // RFC 7301 §3.1

  private Settings() {}

  static <T> List<T> distinct(String what, List<T> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no " + what);
    }
    if (new HashSet<>(values).size() != values.size()) {
      throw new IllegalArgumentException("duplicate " + what + ": " + values);
    }
    return List.copyOf(values);
  }

  static List<String> applicationProtocols(List<String> names) {
    for (String name : names) {
      // RFC 7301 §3.1: names are bytes; ISO-8859-1 maps each to one char, as the JDK does.
      if (name.isEmpty()
          || name.length() > MAX_PROTOCOL_NAME_BYTES
          || !StandardCharsets.ISO_8859_1.newEncoder().canEncode(name)) {
        throw new IllegalArgumentException("not an application protocol name: '" + name + "'");
      }
    }
    return distinct("application protocols", names);
  }
}
