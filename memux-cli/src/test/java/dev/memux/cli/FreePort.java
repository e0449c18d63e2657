package dev.memux.cli;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Finds UDP ports for programs that cannot choose one themselves. */
final class FreePort {
  private FreePort() {}

  /** A port that is free on both loopback addresses now. */
  static int find() throws IOException {
    while (true) {
      try (DatagramSocket four =
          new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))) {
        int port = four.getLocalPort();
        try (DatagramSocket six =
            new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("::1"), port))) {
          return six.getLocalPort();
        } catch (IOException taken) {
          if (!hasIpv6()) {
            return port;
          }
        }
      }
    }
  }

  private static boolean hasIpv6() {
    try (DatagramSocket any =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0))) {
      return any.getLocalPort() > 0;
    } catch (IOException e) {
      return false;
    }
  }
}
