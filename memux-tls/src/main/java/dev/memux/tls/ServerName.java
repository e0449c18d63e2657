package dev.memux.tls;

import java.net.IDN;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import org.jspecify.annotations.Nullable;

/**
 * The name or address that a server's certificate must have.
 *
 * @param name in ASCII, without a dot at its end; an address in the JDK's notation
 * @param isAddress an IP address, which must not be sent by SNI (RFC 6066 §3)
 */
record ServerName(String name, boolean isAddress) {
  private static final int MAX_NAME_BYTES = 253;

  /** Letters, digits and hyphens (RFC 1123 §2.1); underscores occur in practice. */
  private static final Pattern HOST =
      Pattern.compile(
          "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");

  /**
   * @param name host name, also internationalised, or IP address, an IPv6 address perhaps in
   *     brackets
   * @throws IllegalArgumentException if it is neither
   */
  static ServerName parse(String name) {
    String bare =
        name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    InetAddress address = address(bare);
    if (address != null) {
      return new ServerName(withoutScope(address.getHostAddress()), true);
    }
    String host = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    String ascii = host.chars().allMatch(c -> c < 0x80) ? host : IDN.toASCII(host);
    if (!isHostName(ascii)) {
      throw new IllegalArgumentException("not a host name or IP address: '" + name + "'");
    }
    return new ServerName(ascii, false);
  }

  /**
   * A host name from SNI. Null for an IP address: some clients send it although they must not (RFC
   * 6066 §3), and it names no virtual host.
   */
  static @Nullable String fromWire(byte[] bytes) throws TlsAlertException {
    // Any byte that is no ASCII letter becomes a character that no host name has.
    String name = new String(bytes, StandardCharsets.ISO_8859_1);
    if (address(name) != null) {
      return null;
    }
    if (!isHostName(name)) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "server_name is not a host name");
    }
    return name;
  }

  /** For SNI; empty for an address. */
  List<SNIServerName> forSni() {
    if (isAddress) {
      return List.of();
    }
    try {
      return List.of(new SNIHostName(name));
    } catch (IllegalArgumentException e) {
      return List.of(); // with an underscore; the JDK's own check refuses such names anyway
    }
  }

  private static boolean isHostName(String name) {
    return name.length() <= MAX_NAME_BYTES && HOST.matcher(name).matches();
  }

  private static @Nullable InetAddress address(String name) {
    try {
      return InetAddress.ofLiteral(name); // never asks a name server
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String withoutScope(String address) {
    int scope = address.indexOf('%');
    return scope < 0 ? address : address.substring(0, scope);
  }
}
