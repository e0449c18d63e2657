package dev.memux.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a structured field dictionary (RFC 9651 §4.2.2). All of its syntax is checked; of its
 * values only integers and booleans are kept, everything else becomes {@link #OTHER}.
 */
final class StructuredDictionary {
  /** Stands for a value that is neither an integer nor a boolean. */
  static final Object OTHER = new Object();

  // RFC 9651 §3.3.1, §3.3.2: fifteen digits at most, a decimal's whole part twelve.
  private static final int MAX_INTEGER_DIGITS = 15;
  private static final int MAX_DECIMAL_WHOLE_DIGITS = 12;
  private static final int MAX_DECIMAL_FRACTION_DIGITS = 3;

  private final CharSequence input;
  private int at;

  private StructuredDictionary(CharSequence input) {
    this.input = input;
  }

  /**
   * The members by key, a {@code Long}, a {@code Boolean} or {@link #OTHER} each; null if the text
   * is not a dictionary.
   */
  static @Nullable Map<String, Object> parse(CharSequence text) {
    try {
      return new StructuredDictionary(text).members();
    } catch (SyntaxError e) {
      return null;
    }
  }

  private Map<String, Object> members() throws SyntaxError {
    Map<String, Object> members = new LinkedHashMap<>();
    skipSpaces();
    while (at < input.length()) {
      String key = key();
      Object value = true;
      if (accept('=')) {
        value = peek() == '(' ? innerList() : bareItem();
      }
      parameters();
      members.put(key, value);
      skipOptionalWhitespace();
      if (at == input.length()) {
        break;
      }
      expect(',');
      skipOptionalWhitespace();
      require(at < input.length()); // RFC 9651 §4.2.2 step 2.8: no trailing comma
    }
    return members;
  }

  private String key() throws SyntaxError {
    int start = at;
    require(isLowerCase(peek()) || peek() == '*');
    while (isLowerCase(peek()) || isDigit(peek()) || "_-.*".indexOf(peek()) >= 0) {
      at++;
    }
    return input.subSequence(start, at).toString();
  }

  private Object innerList() throws SyntaxError {
    expect('(');
    while (true) {
      skipSpaces();
      if (accept(')')) {
        return OTHER;
      }
      bareItem();
      parameters();
      require(peek() == ' ' || peek() == ')');
    }
  }

  private void parameters() throws SyntaxError {
    while (accept(';')) {
      skipSpaces();
      key();
      if (accept('=')) {
        bareItem();
      }
    }
  }

  private Object bareItem() throws SyntaxError {
    char c = peek();
    if (c == '-' || isDigit(c)) {
      return number();
    } else if (c == '?') {
      return bool();
    } else if (c == '"') {
      return string();
    } else if (c == ':') {
      return byteSequence();
    } else if (c == '@') {
      return date();
    } else if (c == '%') {
      return displayString();
    }
    return token();
  }

  private Object number() throws SyntaxError {
    boolean negative = accept('-');
    long value = 0;
    int digits = 0;
    while (isDigit(peek())) {
      require(++digits <= MAX_INTEGER_DIGITS);
      value = value * 10 + (input.charAt(at++) - '0');
    }
    require(digits > 0);
    if (!accept('.')) {
      return negative ? -value : value;
    }
    require(digits <= MAX_DECIMAL_WHOLE_DIGITS);
    int fraction = 0;
    while (isDigit(peek())) {
      require(++fraction <= MAX_DECIMAL_FRACTION_DIGITS);
      at++;
    }
    require(fraction > 0);
    return OTHER;
  }

  private Object bool() throws SyntaxError {
    expect('?');
    if (accept('1')) {
      return true;
    }
    expect('0');
    return false;
  }

  private Object string() throws SyntaxError {
    expect('"');
    while (!accept('"')) {
      char c = peek();
      require(c >= 0x20 && c < 0x7f);
      at++;
      if (c == '\\') {
        require(peek() == '"' || peek() == '\\');
        at++;
      }
    }
    return OTHER;
  }

  private Object byteSequence() throws SyntaxError {
    expect(':');
    while (!accept(':')) {
      require(isLetter(peek()) || isDigit(peek()) || "+/=".indexOf(peek()) >= 0);
      at++;
    }
    return OTHER;
  }

  private Object date() throws SyntaxError {
    expect('@');
    require(number() instanceof Long); // RFC 9651 §4.2.9: whole seconds
    return OTHER;
  }

  private Object displayString() throws SyntaxError {
    expect('%');
    expect('"');
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
    while (!accept('"')) {
      char c = peek();
      require(c >= 0x20 && c < 0x7f);
      at++;
      utf8.write(c == '%' ? hexDigit() << 4 | hexDigit() : c);
    }
    // RFC 9651 §4.2.10: what is encoded must be text.
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8.toByteArray()));
    } catch (CharacterCodingException e) {
      throw new SyntaxError();
    }
    return OTHER;
  }

  /** RFC 9651 §4.2.10: in lower case only. */
  private int hexDigit() throws SyntaxError {
    char c = peek();
    require(isDigit(c) || (c >= 'a' && c <= 'f'));
    at++;
    return Character.digit(c, 16);
  }

  private Object token() throws SyntaxError {
    require(isLetter(peek()) || peek() == '*');
    while (isLetter(peek()) || isDigit(peek()) || ":/!#$%&'*+-.^_`|~".indexOf(peek()) >= 0) {
      at++;
    }
    return OTHER;
  }

  private void skipSpaces() {
    while (peek() == ' ') {
      at++;
    }
  }

  private void skipOptionalWhitespace() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  /** The next character, or NUL at the end; NUL itself matches no rule. */
  private char peek() {
    return at < input.length() ? input.charAt(at) : 0;
  }

  private boolean accept(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) throws SyntaxError {
    require(accept(c));
  }

  private static void require(boolean condition) throws SyntaxError {
    if (!condition) {
      throw new SyntaxError();
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLowerCase(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isLetter(char c) {
    return isLowerCase(c) || (c >= 'A' && c <= 'Z');
  }

  private static final class SyntaxError extends Exception {
    private static final long serialVersionUID = 1;

    SyntaxError() {
      super("not a structured dictionary", null, false, false);
    }
  }
}
