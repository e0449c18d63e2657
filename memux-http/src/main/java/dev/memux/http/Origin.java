package dev.memux.http;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/** Who answers: host and port of an https URL (RFC 6454). An IPv6 address has no brackets here. */
public record Origin(String host, int port) {
  /** The port of https (RFC 9110 §4.2.2). */
  public static final int DEFAULT_PORT = 443;

  /** The origin at that address. */
  public static Origin of(InetSocketAddress address) {
    return new Origin(NetUtil.toAddressString(address.getAddress()), address.getPort());
  }

  /** The value of {@code :authority}: the port is left out where it is the default. */
  public String authority() {
    return port == DEFAULT_PORT ? bracketed() : bracketed() + ":" + port;
  }

  @Override
  public String toString() {
    return bracketed() + ":" + port;
  }

  private String bracketed() {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }
}
