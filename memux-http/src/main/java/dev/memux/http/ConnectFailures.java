package dev.memux.http;

import dev.memux.engine.CloseReason;
import dev.memux.engine.wire.TransportError;
import dev.memux.netty.QuicConnectException;
import dev.memux.tls.AlertDescription;
import java.net.InetSocketAddress;
import java.util.concurrent.CancellationException;

/** What a failed attempt to connect means to the caller. */
final class ConnectFailures {
  private ConnectFailures() {}

  static HttpException of(InetSocketAddress address, Throwable cause) {
    Origin target = Origin.of(address);
    if (cause instanceof QuicConnectException refused) {
      return of(target, refused);
    }
    if (cause instanceof CancellationException) {
      return new HttpException.TimedOut("connecting to " + target + " took too long");
    }
    return new HttpException.Unreachable(
        "could not connect to " + target + ": " + cause.getMessage(), cause);
  }

  private static HttpException of(Origin target, QuicConnectException refused) {
    CloseReason reason = refused.reason();
    String text = String.valueOf(refused.getMessage());
    return switch (reason.origin()) {
      case HANDSHAKE_TIMEOUT, IDLE_TIMEOUT ->
          new HttpException.TimedOut("no answer from " + target);
      case VERSION_NEGOTIATION -> new HttpException.HandshakeFailed(text, refused);
      case LOCAL ->
          isCertificateAlert(reason)
              ? new HttpException.Untrusted(text, refused)
              : new HttpException.HandshakeFailed(text, refused);
      case PEER -> new HttpException.HandshakeFailed(text, refused);
    };
  }

  /** Whether it was us who refused the peer's certificate (RFC 8446 §6.2). */
  private static boolean isCertificateAlert(CloseReason reason) {
    if (reason.application()) {
      return false;
    }
    long alert = reason.code() - TransportError.CRYPTO_ERROR;
    return (alert >= AlertDescription.BAD_CERTIFICATE.code()
            && alert <= AlertDescription.CERTIFICATE_UNKNOWN.code())
        || alert == AlertDescription.UNKNOWN_CA.code();
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
      case HttpException.Overloaded e -> 0;
      case HttpException.TimedOut e -> 0;
      case HttpException.Unresolved e -> 0;
    };
  }
}
