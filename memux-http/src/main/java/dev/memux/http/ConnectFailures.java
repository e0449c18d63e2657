package dev.memux.http;

import io.netty.channel.ConnectTimeoutException;
import java.net.InetSocketAddress;

/** What a failed attempt to connect means to the caller. */
final class ConnectFailures {
  private ConnectFailures() {}

  static HttpException of(InetSocketAddress address, Throwable cause) {
    String target = text(address);
    if (cause instanceof ConnectTimeoutException) {
      return new HttpException.TimedOut("no answer from " + target);
    }
    return new HttpException.Unreachable(
        "could not connect to " + target + ": " + cause.getMessage(), cause);
  }

  /** Of two attempts that failed, the one that got further. */
  static HttpException tellingMore(HttpException one, HttpException other) {
    return rank(other) > rank(one) ? other : one;
  }

  private static int rank(HttpException failure) {
    return switch (failure) {
      case HttpException.Untrusted e -> 4;
      case HttpException.HandshakeFailed e -> 3;
      case HttpException.ConnectionLost e -> 2;
      case HttpException.Malformed e -> 2;
      case HttpException.StreamReset e -> 2;
      case HttpException.Unreachable e -> 1;
      case HttpException.TimedOut e -> 0;
      case HttpException.Unresolved e -> 0;
    };
  }

  private static String text(InetSocketAddress address) {
    return new Origin(address.getAddress().getHostAddress(), address.getPort()).toString();
  }
}
