package dev.memux.gateway;

import dev.memux.http.HttpErrorCode;
import dev.memux.http.HttpException;
import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import java.net.ConnectException;

/**
 * Why there is no tunnel.
 *
 * @param error the type that RFC 9209 §2.3 has for it
 * @param reason for people
 */
record ConnectRefusal(int status, String error, String reason) {
  private static final String PROXY_STATUS = "proxy-status";

  /** RFC 9110 §9.3.6: what is asked for cannot be. */
  static ConnectRefusal malformed(String reason) {
    return new ConnectRefusal(400, "http_request_error", reason);
  }

  static ConnectRefusal forbidden(ConnectAuthority authority) {
    return new ConnectRefusal(
        403, "http_request_denied", "tunnels to " + authority + " are not allowed");
  }

  /** The authority is allowed, but what it has turned out to mean is not. */
  static ConnectRefusal forbiddenAddress(ConnectAuthority authority) {
    return new ConnectRefusal(
        403,
        "destination_ip_prohibited",
        "tunnels to the address of " + authority + " are not allowed");
  }

  static ConnectRefusal full(String reason) {
    return new ConnectRefusal(503, "connection_limit_reached", reason);
  }

  static ConnectRefusal waitedTooLong(ConnectAuthority authority) {
    return new ConnectRefusal(
        504, "connection_limit_reached", "no connection to " + authority + " became free in time");
  }

  static ConnectRefusal connectTimeout(ConnectAuthority authority) {
    return new ConnectRefusal(
        504, "connection_timeout", "connecting to " + authority + " took too long");
  }

  static ConnectRefusal draining() {
    return new ConnectRefusal(503, "proxy_internal_response", "the gateway is shutting down");
  }

  /** RFC 9110 §15.6.3, §15.6.5. */
  static ConnectRefusal of(HttpException failure) {
    String reason = String.valueOf(failure.getMessage());
    return switch (failure) {
      case HttpException.TimedOut e -> new ConnectRefusal(504, "connection_timeout", reason);
      case HttpException.Unresolved e -> new ConnectRefusal(502, "dns_error", reason);
      case HttpException.Unreachable e when e.getCause() instanceof ConnectException ->
          new ConnectRefusal(502, "connection_refused", reason);
      case HttpException.Unreachable e ->
          new ConnectRefusal(502, "destination_ip_unroutable", reason);
      default -> new ConnectRefusal(502, "connection_terminated", reason);
    };
  }

  /** Answers so. What the client has sent already is let go. */
  void send(ServerExchange exchange) {
    ResponseHead head =
        Answers.head(status)
            // RFC 9209 §2.1; the details are a structured string, printable and escaped.
            .with(PROXY_STATUS, "memux; error=" + error + "; details=\"" + escaped(reason) + '"');
    Answers.refuse(exchange, head, reason);
    exchange.requestBody().discard(HttpErrorCode.NO_ERROR);
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.chars()
        .filter(c -> c >= 0x20 && c < 0x7f)
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                escaped.append('\\');
              }
              escaped.append((char) c);
            });
    return escaped.toString();
  }
}
