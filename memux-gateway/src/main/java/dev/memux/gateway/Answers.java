package dev.memux.gateway;

import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** The answers that every site gives alike. */
final class Answers {
  private Answers() {}

  /** The beginning of any answer: what every response of ours says. */
  static ResponseHead head(int status) {
    return ResponseHead.of(status)
        // RFC 9110 §6.6.1: an origin server with a clock says when.
        .with("date", HttpDate.now())
        .with("server", "memux")
        .with("x-content-type-options", "nosniff");
  }

  /** Refuses in a line of text. */
  static void refuse(ServerExchange exchange, int status, String reason) {
    refuse(exchange, head(status), reason);
  }

  /** RFC 9110 §15.5.6: names what is allowed instead. */
  static void refuseMethod(ServerExchange exchange) {
    refuse(exchange, head(405).with("allow", "GET, HEAD"), "only GET and HEAD");
  }

  /** Whether the method is one that a site of files knows. */
  static boolean isRead(ServerExchange exchange) {
    return exchange.request().method().equals("GET") || exchange.isHead();
  }

  /** Refuses in a line of text below that head. */
  static void refuse(ServerExchange exchange, ResponseHead head, String reason) {
    head.with("content-type", "text/plain; charset=utf-8");
    String text = head.status() + " " + reason + "\n";
    exchange.respond(head, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }
}
