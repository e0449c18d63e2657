package dev.memux.gateway;

import dev.memux.http.ServerExchange;
import io.netty.handler.codec.quic.QuicStreamPriority;

/** What the server tells a page about one of its answers (W3C Server Timing). */
final class ServerTiming {
  static final String NAME = "server-timing";

  private ServerTiming() {}

  /** The field's value: the answer's priority, whose word that is, and the answer's number. */
  static String of(ServerExchange exchange, long number) {
    QuicStreamPriority priority = exchange.priority();
    return metric("urgency", Integer.toString(priority.urgency()))
        + ", "
        + metric("incremental", priority.isIncremental() ? "1" : "0")
        + ", "
        + metric("by", exchange.clientPriority() == null ? "server" : "client")
        + ", "
        + metric("number", Long.toString(number));
  }

  private static String metric(String name, String description) {
    return name + ";desc=\"" + description + '"';
  }
}
