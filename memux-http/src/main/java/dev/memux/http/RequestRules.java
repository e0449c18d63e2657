package dev.memux.http;

import org.jspecify.annotations.Nullable;

/**
 * What holds for a request's head whichever version it came by. A character that ends a line or a
 * word of HTTP/1.1 is refused before the request can be carried on by that version (RFC 9114 §10.3,
 * RFC 9113 §10.3).
 */
final class RequestRules {
  /** Fields of one message beyond which it is refused: more than any client sends. */
  static final int MAX_FIELDS = 256;

  private RequestRules() {}

  /** What is wrong with that head, or null if nothing is. */
  static @Nullable String violation(RequestHead head) {
    if (!isToken(head.method())) {
      return "the method is not a token"; // RFC 9110 §9.1
    }
    if (head.fields().size() > MAX_FIELDS) {
      return "more than " + MAX_FIELDS + " fields"; // RFC 9110 §5.4
    }
    if (!isAuthority(head.authority())) {
      return "the host is not one"; // RFC 9110 §7.2
    }
    return isTarget(head) ? null : "the target is not a path";
  }

  // RFC 9110 §7.1: a path; '*' asks about the server as a whole; CONNECT has an authority alone.
  private static boolean isTarget(RequestHead head) {
    String path = head.path();
    if (head.isConnect()) {
      return path.isEmpty();
    }
    if (path.equals("*")) {
      return head.method().equals("OPTIONS");
    }
    return path.startsWith("/") && isVisible(path) && path.indexOf('#') < 0;
  }

  // RFC 9110 §4.2.4: no user information; the rest is what would end the authority elsewhere.
  private static boolean isAuthority(String authority) {
    return isVisible(authority) && authority.chars().noneMatch(c -> "@/?#\\".indexOf(c) >= 0);
  }

  private static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
  }

  private static boolean isToken(String text) {
    return !text.isEmpty() && text.chars().allMatch(HttpFields::isTokenCharacter);
  }
}
