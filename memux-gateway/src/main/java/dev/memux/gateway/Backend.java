package dev.memux.gateway;

import dev.memux.http.Http1ClientConfig;
import dev.memux.http.Origin;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server that answers what the gateway is asked.
 *
 * @param host a name or an address, without brackets
 * @param takesEarlyData whether it understands {@code Early-Data} and answers what must not be
 *     repeated with 425; RFC 8470 §6.1: otherwise it is sent no request that may be a replay
 */
public record Backend(String host, int port, Http1ClientConfig config, boolean takesEarlyData) {
  private static final int HTTP_PORT = 80;

  /**
   * Reads {@code http://HOST[:PORT]}.
   *
   * @throws IllegalArgumentException with a message for people
   */
  public static Backend parse(String text, Http1ClientConfig config) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(text + ": " + e.getReason(), e);
    }
    @Nullable String scheme = uri.getScheme();
    if (scheme == null || uri.isOpaque()) {
      throw new IllegalArgumentException(text + ": a backend is http://HOST:PORT");
    }
    if (scheme.toLowerCase(Locale.ROOT).equals("https")) {
      throw new IllegalArgumentException(
          text + ": TLS to a backend is not supported; only http:// is");
    }
    if (!scheme.toLowerCase(Locale.ROOT).equals("http")) {
      throw new IllegalArgumentException(text + ": a backend is http://HOST:PORT, not " + scheme);
    }
    if (uri.getUserInfo() != null || uri.getQuery() != null || uri.getFragment() != null) {
      throw new IllegalArgumentException(text + ": a backend is a host and a port, nothing more");
    }
    if (uri.getRawPath() != null && !uri.getRawPath().isEmpty() && !uri.getRawPath().equals("/")) {
      throw new IllegalArgumentException(
          text + ": a backend has no path; requests keep the one they have");
    }
    @Nullable String host = uri.getHost();
    if (host == null) {
      throw new IllegalArgumentException(text + ": no host");
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new Backend(host, uri.getPort() < 0 ? HTTP_PORT : uri.getPort(), config, false);
  }

  /** The same that takes early data, or does not. */
  public Backend withEarlyData(boolean takes) {
    return new Backend(host, port, config, takes);
  }

  @Override
  public String toString() {
    return "http://" + new Origin(host, port);
  }
}
