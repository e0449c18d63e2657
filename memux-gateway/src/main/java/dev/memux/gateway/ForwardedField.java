package dev.memux.gateway;

import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** An element of {@code Forwarded}: what the backend cannot see of the client (RFC 7239 §4). */
final class ForwardedField {
  private ForwardedField() {}

  /** The element of this gateway; unknown addresses are left out. */
  static String element(
      @Nullable SocketAddress client, @Nullable SocketAddress local, String authority) {
    StringBuilder element = new StringBuilder();
    append(element, "for", client);
    append(element, "by", local);
    if (!authority.isEmpty()) {
      element.append("host=\"").append(authority.replace("\\", "\\\\").replace("\"", "\\\""));
      element.append("\";");
    }
    return element.append("proto=https").toString();
  }

  // RFC 7239 §6: an IPv6 address stands in brackets, and those need quotes.
  private static void append(
      StringBuilder element, String parameter, @Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress known && known.getAddress() != null) {
      String text = NetUtil.toAddressString(known.getAddress());
      boolean quoted = known.getAddress() instanceof Inet6Address;
      element.append(parameter).append('=');
      element.append(quoted ? "\"[" + text + "]\"" : text).append(';');
    }
  }
}
