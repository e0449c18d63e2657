package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.AlertDescription;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslClosedEngineException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What failures of sockets and of TLS over TCP mean, in the terms that QUIC has for the same. */
final class TcpFailures {
  /** How the JDK begins the message of an alert; a received one says so after that. */
  private static final Pattern JDK_ALERT = Pattern.compile("\\(([a-z_]+)\\) (.*)", Pattern.DOTALL);

  private static final String RECEIVED = "Received fatal alert";

  private TcpFailures() {}

  /** Why a connection attempt came to nothing, or an accepted connection's handshake. */
  static CloseReason ofHandshake(Throwable failure) {
    if (failure instanceof ConnectTimeoutException
        || failure instanceof SslHandshakeTimeoutException) {
      return handshakeTimeout();
    }
    SSLException tls = tlsFailure(failure);
    return tls == null ? carrierLost(failure) : ofAlert(tls);
  }

  /** It took too long. */
  static CloseReason handshakeTimeout() {
    return new CloseReason(CloseReason.Origin.HANDSHAKE_TIMEOUT, false, 0, 0, "");
  }

  /** The application protocols of both ends have none in common (RFC 7301 §3.2). */
  static CloseReason noApplicationProtocol() {
    return alert(
        CloseReason.Origin.LOCAL,
        AlertDescription.NO_APPLICATION_PROTOCOL,
        "no application protocol was agreed on");
  }

  /** The socket is gone. */
  static CloseReason carrierLost(@Nullable Throwable failure) {
    return new CloseReason(
        CloseReason.Origin.CARRIER_LOST, false, TransportError.NO_ERROR, 0, text(failure));
  }

  /** What a socket's exception says, for people. */
  static String text(@Nullable Throwable failure) {
    if (failure == null) {
      return "the connection was closed";
    }
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  private static @Nullable SSLException tlsFailure(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      // Netty reports a connection that ended in the handshake as one, too.
      if (t instanceof SSLException tls && !(tls instanceof SslClosedEngineException)) {
        return tls;
      }
    }
    return null;
  }

  private static CloseReason ofAlert(SSLException failure) {
    Matcher matcher = JDK_ALERT.matcher(String.valueOf(failure.getMessage()));
    if (matcher.matches()) {
      for (AlertDescription alert : AlertDescription.values()) {
        if (alert.name().toLowerCase(Locale.ROOT).equals(matcher.group(1))) {
          boolean byPeer = matcher.group(2).startsWith(RECEIVED);
          return byPeer
              ? alert(CloseReason.Origin.PEER, alert, "")
              : alert(CloseReason.Origin.LOCAL, alert, matcher.group(2));
        }
      }
    }
    return alert(
        CloseReason.Origin.LOCAL,
        isOfCertificate(failure)
            ? AlertDescription.CERTIFICATE_UNKNOWN
            : AlertDescription.HANDSHAKE_FAILURE,
        text(failure));
  }

  private static boolean isOfCertificate(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  private static CloseReason alert(
      CloseReason.Origin origin, AlertDescription alert, String reason) {
    return new CloseReason(origin, false, TransportError.CRYPTO_ERROR + alert.code(), 0, reason);
  }
}
