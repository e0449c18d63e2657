package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import org.jspecify.annotations.Nullable;

/**
 * How a connection begins: where its client's first packets go (RFC 9000 §7.2, §7.3), with which
 * token, and what the server knows by it.
 */
final class ConnectionStart {
  /**
   * A longer token leaves too little room for a ClientHello in datagrams of 1200 bytes; no server
   * is known that needs as much.
   */
  static final int MAX_TOKEN_BYTES = 1000;

  /** RFC 9000 §7.2: a client's first destination ID has at least so many unpredictable bytes. */
  static final int MIN_INITIAL_DCID_BYTES = 8;

  private static final byte[] NO_TOKEN = {};

  private ConnectionId original;
  private final boolean addressValidated;
  private final boolean hurried;
  private byte[] token;
  private @Nullable ConnectionId retrySource;

  private ConnectionStart(
      ConnectionId original,
      @Nullable ConnectionId retrySource,
      byte[] token,
      boolean addressValidated,
      boolean hurried) {
    this.original = original;
    this.retrySource = retrySource;
    this.token = token;
    this.addressValidated = addressValidated;
    this.hurried = hurried;
  }

  /**
   * Of a client.
   *
   * @param dcid its random choice
   * @param token of an earlier connection, or empty
   */
  static ConnectionStart ofClient(ConnectionId dcid, byte[] token) {
    return new ConnectionStart(dcid, null, token, false, false);
  }

  /**
   * Of a server whose client has shown no token.
   *
   * @param hurried whether it must prove its address soon
   */
  static ConnectionStart withoutToken(ConnectionId dcid, boolean hurried) {
    return new ConnectionStart(dcid, null, NO_TOKEN, false, hurried);
  }

  /** Of a server whose client has shown a token of an earlier connection. */
  static ConnectionStart withToken(ConnectionId dcid) {
    return new ConnectionStart(dcid, null, NO_TOKEN, true, false);
  }

  /**
   * Of a server whose client has answered a Retry.
   *
   * @param original where it went before
   * @param dcid where the Retry told it to go
   */
  static ConnectionStart afterRetry(ConnectionId original, ConnectionId dcid) {
    return new ConnectionStart(original, dcid, NO_TOKEN, true, false);
  }

  /**
   * Where the client's very first packet went, of those in the version it has begun with at last.
   */
  ConnectionId original() {
    return original;
  }

  /** What the Retry called itself; null: there was none. */
  @Nullable ConnectionId retrySource() {
    return retrySource;
  }

  /** What Initial keys are made of (RFC 9001 §5.2). */
  ConnectionId initialDcid() {
    return retrySource == null ? original : retrySource;
  }

  /** What a client's Initial packets carry. */
  byte[] token() {
    return token;
  }

  /** Whether a server knows already that its client receives at its address. */
  boolean isAddressValidated() {
    return addressValidated;
  }

  /** Whether a server gives its client less time, until it has proved its address. */
  boolean isHurried() {
    return hurried;
  }

  /**
   * A client begins again in another version. Its token is of the version before (RFC 9369 §5).
   *
   * @param dcid its random choice
   */
  void onRestart(ConnectionId dcid) {
    original = dcid;
    token = NO_TOKEN;
  }

  /** A client has accepted a Retry; once. */
  void onRetry(ConnectionId source, byte[] retryToken) {
    if (retrySource != null) {
      throw new IllegalStateException("a second Retry");
    }
    retrySource = source;
    token = retryToken;
  }
}
