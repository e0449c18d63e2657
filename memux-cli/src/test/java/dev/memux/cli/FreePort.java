package dev.memux.cli;

import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Finds ports for programs that cannot choose one themselves. */
final class FreePort {
  private static final InetAddress FOUR = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress SIX = InetAddress.ofLiteral("::1");

  private FreePort() {}

  /** A port that is free now on both loopback addresses, for UDP and for TCP. */
  static int find() throws IOException {
    while (true) {
      try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(FOUR, 0))) {
        int port = udp.getLocalPort();
        if (isFreeForTcp(FOUR, port) && (!hasIpv6() || isFree(SIX, port))) {
          return port;
        }
      }
    }
  }

  private static boolean isFree(InetAddress address, int port) {
    return isFreeForTcp(address, port)
        && opens(() -> new DatagramSocket(new InetSocketAddress(address, port)));
  }

  private static boolean isFreeForTcp(InetAddress address, int port) {
    return opens(() -> new ServerSocket(port, 0, address));
  }

  private static boolean hasIpv6() {
    return opens(() -> new DatagramSocket(new InetSocketAddress(SIX, 0)));
  }

  private static boolean opens(Opening opening) {
    try (Closeable socket = opening.open()) {
      return socket != null;
    } catch (IOException e) {
      return false;
    }
  }

  private interface Opening {
    Closeable open() throws IOException;
  }
}
