package dev.memux.session;

import dev.memux.netty.ConnectRace;
import dev.memux.netty.MuxException;
import dev.memux.netty.Route;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Why no attempt to reach a server has led to a session. */
final class ConnectFailures {
  private ConnectFailures() {}

  /** The failure that tells most, with the messages of all. */
  static IOException of(String server, List<ConnectRace.Failure<Route>> failures) {
    String message =
        failures.stream()
            .map(failure -> failure.candidate() + ": " + failure.cause().getMessage())
            .collect(Collectors.joining("; ", "cannot connect to " + server + ": ", ""));
    Throwable furthest =
        failures.stream()
            .map(ConnectRace.Failure::cause)
            .max(Comparator.comparingInt(ConnectFailures::rank))
            .orElseThrow();
    return furthest instanceof MuxException known
        ? known.withMessage(message)
        : new IOException(message, furthest);
  }

  /** How far it got: whoever was spoken to has more to tell than who was never heard of. */
  private static int rank(Throwable failure) {
    return switch (failure) {
      case MuxException.Transport e -> e.isCertificateRefused() ? 5 : 4;
      case MuxException.Peer e -> 3;
      case MuxException.CarrierLost e -> 2;
      case MuxException.Timeout e -> 1;
      default -> 0;
    };
  }
}
