package dev.memux.cli;

import dev.memux.engine.schedule.Priority;
import dev.memux.http.TunnelPriority;
import dev.memux.http.TunnelTarget;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * What {@code memux tunnel -L} says: {@code [BIND:]PORT=TARGET[;PRIORITY]}.
 *
 * @param target where connections to {@code listen} lead
 * @param priority theirs, or null: that of the command
 */
record PortForward(InetSocketAddress listen, TunnelTarget target, @Nullable Priority priority) {
  private static final int MAX_PORT = 65_535;

  /**
   * @throws IllegalArgumentException with a message for people
   */
  static PortForward parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(text + ": it is [BIND:]PORT=HOST:PORT[;PRIORITY]");
    }
    String rest = text.substring(equals + 1);
    int semicolon = rest.indexOf(';');
    String target = semicolon < 0 ? rest : rest.substring(0, semicolon);
    try {
      return new PortForward(
          listen(text.substring(0, equals)),
          TunnelTarget.parse(target),
          semicolon < 0 ? null : TunnelPriority.parse(rest.substring(semicolon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(text + ": " + e.getMessage(), e);
    }
  }

  private static InetSocketAddress listen(String text) {
    int colon = text.lastIndexOf(':');
    InetAddress address =
        colon < 0 ? InetAddress.getLoopbackAddress() : address(text.substring(0, colon));
    String port = text.substring(colon + 1);
    try {
      int number = Integer.parseInt(port);
      if (number >= 0 && number <= MAX_PORT) {
        return new InetSocketAddress(address, number);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + port + "' is not a port", e);
    }
    throw new IllegalArgumentException("'" + port + "' is not a port");
  }

  private static InetAddress address(String text) {
    boolean brackets = text.startsWith("[") && text.endsWith("]");
    try {
      if (text.equals("*")) {
        return new InetSocketAddress(0).getAddress();
      }
      return InetAddress.getAllByName(brackets ? text.substring(1, text.length() - 1) : text)[0];
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("'" + text + "' is no address of this machine", e);
    }
  }
}
