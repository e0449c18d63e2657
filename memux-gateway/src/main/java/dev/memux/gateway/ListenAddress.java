package dev.memux.gateway;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Where to listen: a host name or address literal, without brackets, and a port. */
public record ListenAddress(String host, int port) {
  /** Loopback only, both families: what is served is for the user until the user says otherwise. */
  public static final List<ListenAddress> DEFAULTS =
      List.of(new ListenAddress("127.0.0.1", 8443), new ListenAddress("::1", 8443));

  private static final int MAX_PORT = 65535;

  /**
   * Reads {@code HOST:PORT}, {@code [IPV6]:PORT} or {@code :PORT} (every address).
   *
   * @throws IllegalArgumentException with a message for people
   */
  public static ListenAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(text + ": an address is HOST:PORT, as in 127.0.0.1:8443");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(text + ": an IPv6 address needs brackets: [::1]:8443");
    }
    return new ListenAddress(host.isEmpty() ? "::" : host, port(text, text.substring(colon + 1)));
  }

  /** The address to bind; looks a name up. */
  InetSocketAddress resolve() throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private static int port(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 0 && port <= MAX_PORT) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(text + ": " + digits + " is not a port", e);
    }
    throw new IllegalArgumentException(text + ": " + digits + " is not a port");
  }
}
