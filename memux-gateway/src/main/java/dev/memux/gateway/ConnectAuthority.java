package dev.memux.gateway;

import dev.memux.http.Origin;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a CONNECT request asks for (RFC 9110 §7.1, the authority form). There is one way to write
 * each host here: lower case, no final dot, addresses as Java writes them.
 *
 * @param host a name or an address, without brackets
 * @param port 1 to 65535, or {@link #NO_PORT}
 */
record ConnectAuthority(String host, int port) {
  /** Nothing was said; only a named target can do without. */
  static final int NO_PORT = -1;

  /** RFC 1035 §2.3.4: the longest name there is, without its final dot. */
  static final int MAX_NAME_LENGTH = 253;

  private static final int MAX_PORT = 65_535;

  /**
   * Reads {@code HOST:PORT}, {@code [IPV6]:PORT} or {@code HOST}.
   *
   * @throws IllegalArgumentException with a reason for the client. RFC 9110 §9.3.6: an empty or
   *     invalid port is an error; so is what another parser could take for another host.
   */
  static ConnectAuthority parse(String text) {
    int hostEnd = text.startsWith("[") ? text.indexOf(']') + 1 : text.indexOf(':');
    if (hostEnd < 0) {
      hostEnd = text.length();
    }
    String rest = text.substring(hostEnd);
    if (!rest.isEmpty() && !rest.startsWith(":")) {
      throw new IllegalArgumentException("the host does not end where the port begins");
    }
    return new ConnectAuthority(
        host(text.substring(0, hostEnd)), rest.isEmpty() ? NO_PORT : port(rest.substring(1)));
  }

  /** The address if the host is one, or null if it is a name. */
  @Nullable InetAddress literal() {
    return isAddress(host) ? InetAddress.ofLiteral(host) : null;
  }

  Origin origin() {
    return new Origin(host, port);
  }

  @Override
  public String toString() {
    return port == NO_PORT ? host : origin().toString();
  }

  /** A host as it is compared; the rules of the configuration have the same form. */
  static String host(String text) {
    if (text.startsWith("[")) {
      String inside = text.substring(1, Math.max(1, text.length() - 1));
      // RFC 9844 §4: a zone means something to one machine only, and never to the other end.
      if (!NetUtil.isValidIpV6Address(inside) || inside.indexOf('%') >= 0) {
        throw new IllegalArgumentException("there is no IPv6 address in the brackets");
      }
      return NetUtil.toAddressString(InetAddress.ofLiteral(inside));
    }
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
      throw new IllegalArgumentException("the host is empty or too long");
    }
    if (!name.chars().allMatch(ConnectAuthority::isNameCharacter) || name.contains("..")) {
      throw new IllegalArgumentException("the host is no name");
    }
    // Resolvers take 127.1, 0x7f.1 and 2130706433 for addresses, each its own set of them.
    String lastLabel = name.substring(name.lastIndexOf('.') + 1);
    if (Character.isDigit(lastLabel.charAt(0)) && !NetUtil.isValidIpV4Address(name)) {
      throw new IllegalArgumentException("the host is neither a name nor an address");
    }
    return name.toLowerCase(Locale.ROOT);
  }

  static int port(String digits) {
    if (digits.isEmpty()
        || digits.length() > 5
        || !digits.chars().allMatch(ConnectAuthority::isDigit)) {
      throw new IllegalArgumentException("the port is not a number from 1 to " + MAX_PORT);
    }
    int port = Integer.parseInt(digits);
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("the port is not a number from 1 to " + MAX_PORT);
    }
    return port;
  }

  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  // RFC 952 and RFC 1123 §2.1, and the underscore that many networks have.
  private static boolean isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || "-._".indexOf(c) >= 0;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
