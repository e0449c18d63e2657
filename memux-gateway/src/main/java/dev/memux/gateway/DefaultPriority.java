package dev.memux.gateway;

import dev.memux.http.PriorityField;
import dev.memux.http.ServerExchange;
import io.netty.handler.codec.quic.QuicStreamPriority;

/**
 * How urgent an answer is where the client has not said. Images come after what a page cannot be
 * shown without, and all together, as a part of each is worth seeing (RFC 9218 §4.2).
 */
final class DefaultPriority {
  private static final QuicStreamPriority IMAGE = new QuicStreamPriority(4, true);

  private DefaultPriority() {}

  static void apply(ServerExchange exchange, String contentType) {
    exchange.priorityByDefault(of(contentType));
  }

  static QuicStreamPriority of(String contentType) {
    return contentType.startsWith("image/") ? IMAGE : PriorityField.DEFAULT;
  }
}
