package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.AlertDescription;
import java.util.Locale;
import java.util.regex.Pattern;

/** Says in words why a connection ended. */
final class CloseReasons {
  private static final long LAST_CRYPTO_ERROR = TransportError.CRYPTO_ERROR + 0xff;

  private static final Pattern CONTROLS = Pattern.compile("\\p{IsControl}");

  private CloseReasons() {}

  /** Whether a TLS alert ended the connection (RFC 9001 §4.8). */
  static boolean isTlsAlert(CloseReason reason) {
    return !reason.application()
        && reason.code() >= TransportError.CRYPTO_ERROR
        && reason.code() <= LAST_CRYPTO_ERROR;
  }

  /** For example "closed by the peer: TLS alert unknown_ca (48): no path to a trust anchor". */
  static String describe(CloseReason reason) {
    return switch (reason.origin()) {
      case LOCAL -> "closed by this side: " + error(reason);
      case PEER -> "closed by the peer: " + error(reason);
      case IDLE_TIMEOUT -> "idle timeout";
      case HANDSHAKE_TIMEOUT -> "handshake timed out";
      case VERSION_NEGOTIATION -> "no common QUIC version" + text(reason);
      case CARRIER_LOST -> "lost" + text(reason);
    };
  }

  private static String error(CloseReason reason) {
    if (reason.application()) {
      return "application error 0x" + Long.toHexString(reason.code()) + text(reason);
    }
    if (isTlsAlert(reason)) {
      return "TLS alert "
          + alert((int) (reason.code() - TransportError.CRYPTO_ERROR))
          + text(reason);
    }
    return TransportError.name(reason.code()) + text(reason);
  }

  private static String alert(int code) {
    for (AlertDescription alert : AlertDescription.values()) {
      if (alert.code() == code) {
        return alert.name().toLowerCase(Locale.ROOT) + " (" + code + ")";
      }
    }
    return Integer.toString(code);
  }

  /** The peer may have written it: no line breaks in a log, no commands to a terminal. */
  private static String text(CloseReason reason) {
    return reason.reason().isEmpty()
        ? ""
        : ": " + CONTROLS.matcher(reason.reason()).replaceAll("?");
  }
}
