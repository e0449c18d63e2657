package dev.memux.http;

import java.util.Set;

/** A request on its way to a connection. */
final class Http1Request {
  // RFC 9110 §9.2.2
  private static final Set<String> IDEMPOTENT =
      Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

  private final ClientExchange exchange;
  private final boolean hasBody;
  private boolean repeated;

  Http1Request(ClientExchange exchange, boolean hasBody) {
    this.exchange = exchange;
    this.hasBody = hasBody;
  }

  ClientExchange exchange() {
    return exchange;
  }

  boolean hasBody() {
    return hasBody;
  }

  /**
   * Whether it may be sent again although the server may have acted on it (RFC 9110 §9.2.2): once,
   * and only while nothing of a body is gone.
   */
  boolean mayRepeat() {
    return !repeated
        && !hasBody
        && !exchange.isOver()
        && IDEMPOTENT.contains(exchange.head().method());
  }

  void onRepeat() {
    repeated = true;
  }

  /** Whether it must not meet another connection that may be closed already. */
  boolean wantsNewConnection() {
    return repeated;
  }
}
