package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/**
 * The handshake failed. In QUIC no alert is sent; the connection is closed with error code {@code
 * 0x100 + code()} (RFC 9001 §4.8). Without a stack trace: peers can provoke it at will.
 */
@SuppressWarnings("serial")
public final class TlsAlertException extends Exception {
  private final AlertDescription alert;

  /**
   * @param reason for people; goes to logs and perhaps to the peer, so it holds no secrets
   */
  public TlsAlertException(AlertDescription alert, String reason) {
    this(alert, reason, null);
  }

  TlsAlertException(AlertDescription alert, String reason, @Nullable Throwable cause) {
    super(reason, cause, false, false);
    this.alert = alert;
  }

  public AlertDescription alert() {
    return alert;
  }

  /** The alert's number on the wire. */
  public int code() {
    return alert.code();
  }
}
