package dev.memux.http;

/**
 * Where a tunnel leads: the host and port of a CONNECT request (RFC 9110 §9.3.6). What the host
 * means, a name of the domain system or one of the proxy's own, is the proxy's business.
 *
 * @param host a name or an address; an IPv6 address has no brackets here
 */
public record TunnelTarget(String host, int port) {
  private static final int MAX_PORT = 65_535;

  /**
   * @throws IllegalArgumentException if it cannot be the authority of a request
   */
  public TunnelTarget {
    if (host.isEmpty() || !host.chars().allMatch(TunnelTarget::isHostCharacter)) {
      throw new IllegalArgumentException("'" + host + "' is not a host");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(port + " is not a port");
    }
  }

  /**
   * Parses {@code host:port}, with brackets around an IPv6 address.
   *
   * @throws IllegalArgumentException with a message for people if it is none
   */
  public static TunnelTarget parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= text.lastIndexOf(']')) {
      throw new IllegalArgumentException("'" + text + "' has no port: HOST:PORT is needed");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("'" + text + "': an IPv6 address stands in brackets");
    }
    try {
      return new TunnelTarget(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' has no port: HOST:PORT is needed", e);
    }
  }

  /** The value of {@code :authority}: here the port is never left out. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  // What is left of RFC 3986 §3.2.2 in practice; whatever could end the authority is not.
  private static boolean isHostCharacter(int c) {
    return c > 0x20 && c < 0x7f && "@/?#\\[]\"<>^`{|}".indexOf(c) < 0;
  }
}
