package dev.memux.http;

import dev.memux.netty.ConnectRace;
import dev.memux.netty.MuxException;
import dev.memux.netty.Route;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/** What a failed attempt to connect means to the caller. */
final class ConnectFailures {
  private ConnectFailures() {}

  static HttpException of(InetSocketAddress address, Throwable failure) {
    Origin target = Origin.of(address);
    MuxException cause = MuxException.behind(failure);
    String text = String.valueOf(failure.getMessage());
    return switch (cause) {
      case MuxException.Timeout e -> new HttpException.TimedOut("no answer from " + target);
      case MuxException.CarrierLost e ->
          new HttpException.Unreachable("nobody listens at " + target, failure);
      case MuxException.Transport e ->
          e.isCertificateRefused()
              ? new HttpException.Untrusted(text, failure)
              : new HttpException.HandshakeFailed(text, failure);
      case MuxException.Peer e -> new HttpException.HandshakeFailed(text, failure);
      case MuxException.Local e -> new HttpException.HandshakeFailed(text, failure);
      case null ->
          failure instanceof CancellationException
              ? new HttpException.TimedOut("connecting to " + target + " took too long")
              : new HttpException.Unreachable(
                  "could not connect to " + target + ": " + text, failure);
    };
  }

  /** What a future of this package failed with. */
  static HttpException unwrapped(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof HttpException known
        ? known
        : new HttpException.Unreachable("could not connect: " + cause, cause);
  }

  /** Of several attempts that failed, the one that got furthest. */
  static HttpException furthest(List<ConnectRace.Failure<Route>> failures) {
    return failures.stream()
        .map(failure -> of(failure.candidate().remote(), failure.cause()))
        .reduce((one, other) -> rank(other) > rank(one) ? other : one)
        .orElseThrow();
  }

  private static int rank(HttpException failure) {
    return switch (failure) {
      case HttpException.Untrusted e -> 4;
      case HttpException.HandshakeFailed e -> 3;
      case HttpException.ConnectionLost e -> 2;
      case HttpException.Malformed e -> 2;
      case HttpException.StreamReset e -> 2;
      case HttpException.TunnelRefused e -> 2;
      case HttpException.Unreachable e -> 1;
      case HttpException.Overloaded e -> 0;
      case HttpException.TimedOut e -> 0;
      case HttpException.Unresolved e -> 0;
    };
  }
}
