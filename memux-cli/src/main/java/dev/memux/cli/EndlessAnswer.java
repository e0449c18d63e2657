package dev.memux.cli;

import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHandler;
import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import io.netty.buffer.Unpooled;
import java.util.function.BiConsumer;

/** Answers every request with bytes that never end, as fast as they are taken. */
final class EndlessAnswer implements RequestHandler {
  private static final byte[] PIECE = new byte[16 * 1024];

  private final BiConsumer<String, Integer> onUrgency;

  /**
   * @param onUrgency told of each changed urgency of a response: its path, and how urgent it is now
   */
  EndlessAnswer(BiConsumer<String, Integer> onUrgency) {
    this.onUrgency = onUrgency;
  }

  @Override
  public void handle(ServerExchange exchange) {
    String path = exchange.request().path();
    exchange.onPriority(priority -> onUrgency.accept(path, priority.urgency()));
    OutboundBody body = exchange.respond(ResponseHead.of(200));
    body.onWritable(() -> fill(body));
    fill(body);
  }

  private static void fill(OutboundBody body) {
    while (body.isWritable()) {
      body.write(Unpooled.wrappedBuffer(PIECE));
    }
  }
}
