package dev.memux.http;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An https URL, taken apart (RFC 3986, RFC 9110 §4.2.2).
 *
 * @param text as given
 * @param path path and query, percent-encoded, never empty
 */
public record RequestUrl(String text, Origin origin, String path) {
  private static final int MAX_PORT = 65535;

  /**
   * Parses a URL.
   *
   * @throws IllegalArgumentException with a message for people if it is not an https URL
   */
  public static RequestUrl parse(String text) {
    URI uri = uri(text);
    String scheme = uri.getScheme();
    if (scheme == null || uri.isOpaque()) {
      throw new IllegalArgumentException(text + ": a URL begins with https://");
    }
    if (!scheme.toLowerCase(Locale.ROOT).equals("https")) {
      throw new IllegalArgumentException(text + ": only https is spoken here, not " + scheme);
    }
    String authority = uri.getRawAuthority();
    if (authority == null || authority.isEmpty()) {
      throw new IllegalArgumentException(text + ": no host");
    }
    return new RequestUrl(text, origin(text, authority), path(uri));
  }

  /** The last segment of the path, or an empty string where the path ends with a slash. */
  public String fileName() {
    int end = path.indexOf('?');
    String withoutQuery = end < 0 ? path : path.substring(0, end);
    return withoutQuery.substring(withoutQuery.lastIndexOf('/') + 1);
  }

  private static URI uri(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(text + ": " + e.getReason(), e);
    }
  }

  private static Origin origin(String text, String authority) {
    if (authority.indexOf('@') >= 0) {
      // RFC 9110 §4.2.4: a user name there is mostly an attempt to deceive.
      throw new IllegalArgumentException(text + ": user information is not supported");
    }
    String host = authority;
    @Nullable String port = null;
    int colon = authority.lastIndexOf(':');
    if (colon > authority.lastIndexOf(']')) {
      host = authority.substring(0, colon);
      port = authority.substring(colon + 1);
    }
    return new Origin(host(text, host), port(text, port));
  }

  private static String host(String text, String host) {
    if (host.startsWith("[") && host.endsWith("]")) {
      return host.substring(1, host.length() - 1);
    }
    try {
      String ascii = IDN.toASCII(host, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
      if (!ascii.isEmpty()) {
        return ascii;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(text + ": " + host + " is not a host name", e);
    }
    throw new IllegalArgumentException(text + ": no host");
  }

  private static int port(String text, @Nullable String port) {
    if (port == null || port.isEmpty()) {
      return Origin.DEFAULT_PORT;
    }
    try {
      int number = Integer.parseInt(port);
      if (number > 0 && number <= MAX_PORT) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(text + ": " + port + " is not a port", e);
    }
    throw new IllegalArgumentException(text + ": " + port + " is not a port");
  }

  private static String path(URI uri) {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String whole = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    // new URI lets other letters through; on the wire they are percent-encoded UTF-8.
    return whole.chars().allMatch(c -> c < 0x80) ? whole : URI.create(whole).toASCIIString();
  }
}
