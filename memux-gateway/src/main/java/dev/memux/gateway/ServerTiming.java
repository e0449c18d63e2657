package dev.memux.gateway;

import dev.memux.http.ServerExchange;
import io.netty.handler.codec.quic.QuicStreamPriority;

/** What the server tells a page about one of its answers (W3C Server Timing). */
final class ServerTiming {
  static final String NAME = "server-timing";

  private ServerTiming() {}

  /**
   * The field's value: the answer's priority, whose word that is, and the answer's number.
   *
   * @param otherwise what holds where the client has said nothing
   */
  static String of(ServerExchange exchange, QuicStreamPriority otherwise, long number) {
    QuicStreamPriority said = exchange.clientPriority();
    QuicStreamPriority priority = said == null ? otherwise : said;
    return metric("urgency", Integer.toString(priority.urgency()))
        + ", "
        + metric("incremental", priority.isIncremental() ? "1" : "0")
        + ", "
        + metric("by", said == null ? "server" : "client")
        + ", "
        + metric("number", Long.toString(number));
  }

  private static String metric(String name, String description) {
    return name + ";desc=\"" + description + '"';
  }
}
