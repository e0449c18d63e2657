package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/**
 * The handshake failed. In QUIC no alert is sent; the connection is closed with {@link
 * #transportError()}. Without a stack trace: peers can provoke it at will.
 */
@SuppressWarnings("serial")
public final class TlsAlertException extends Exception {
  private static final long PROTOCOL_VIOLATION = 0x0a; // RFC 9000 §20.1
  private static final long CRYPTO_ERROR = 0x100;

  private final AlertDescription alert;
  private final long transportError;

  /**
   * @param reason for people; goes to logs and perhaps to the peer, so it holds no secrets
   */
  public TlsAlertException(AlertDescription alert, String reason) {
    this(alert, reason, null);
  }

  TlsAlertException(AlertDescription alert, String reason, @Nullable Throwable cause) {
    this(alert, CRYPTO_ERROR + alert.code(), reason, cause);
  }

  private TlsAlertException(
      AlertDescription alert, long transportError, String reason, @Nullable Throwable cause) {
    super(reason, cause, false, false);
    this.alert = alert;
    this.transportError = transportError;
  }

  /**
   * The peer broke a rule that QUIC adds to TLS, which is no matter of alerts: RFC 9001 names the
   * transport's PROTOCOL_VIOLATION for it.
   *
   * @param alert what comes nearest
   */
  static TlsAlertException protocolViolation(AlertDescription alert, String reason) {
    return new TlsAlertException(alert, PROTOCOL_VIOLATION, reason, null);
  }

  public AlertDescription alert() {
    return alert;
  }

  /** The alert's number on the wire. */
  public int code() {
    return alert.code();
  }

  /**
   * What a QUIC connection is closed with: {@code 0x100 + code()} (RFC 9001 §4.8), or
   * PROTOCOL_VIOLATION where a rule of QUIC itself was broken.
   */
  public long transportError() {
    return transportError;
  }
}
