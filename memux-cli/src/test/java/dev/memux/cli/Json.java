package dev.memux.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON (RFC 8259) into maps, lists, strings, doubles, booleans and nulls; strict. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static Object parse(String text) {
    Json reader = new Json(text);
    Object value = reader.value();
    reader.skipSpace();
    reader.require(reader.at == text.length());
    return value;
  }

  @SuppressWarnings("unchecked") // an object's keys are strings
  static Map<String, Object> object(String text) {
    return (Map<String, Object>) parse(text);
  }

  private Object value() {
    skipSpace();
    char c = text.charAt(at);
    return switch (c) {
      case '{' -> members();
      case '[' -> elements();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> members() {
    Map<String, Object> members = new LinkedHashMap<>();
    at++;
    skipSpace();
    while (text.charAt(at) != '}') {
      if (!members.isEmpty()) {
        expect(',');
        skipSpace();
      }
      String name = string();
      skipSpace();
      expect(':');
      require(!members.containsKey(name));
      members.put(name, value());
      skipSpace();
    }
    at++;
    return members;
  }

  private List<Object> elements() {
    List<Object> elements = new ArrayList<>();
    at++;
    skipSpace();
    while (text.charAt(at) != ']') {
      if (!elements.isEmpty()) {
        expect(',');
      }
      elements.add(value());
      skipSpace();
    }
    at++;
    return elements;
  }

  private String string() {
    expect('"');
    StringBuilder value = new StringBuilder();
    for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
      require(c >= 0x20);
      if (c != '\\') {
        value.append(c);
        continue;
      }
      char escaped = text.charAt(at++);
      int plain = "\"\\/bfnrt".indexOf(escaped);
      if (plain >= 0) {
        value.append("\"\\/\b\f\n\r\t".charAt(plain));
      } else {
        require(escaped == 'u');
        value.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
        at += 4;
      }
    }
    return value.toString();
  }

  private Double number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return Double.valueOf(text.substring(start, at));
  }

  private Object word(String word, Object meaning) {
    require(text.startsWith(word, at));
    at += word.length();
    return meaning;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private void expect(char c) {
    require(text.charAt(at) == c);
    at++;
  }

  private void require(boolean condition) {
    if (!condition) {
      throw new IllegalArgumentException("not JSON at " + at + ": " + text);
    }
  }
}
