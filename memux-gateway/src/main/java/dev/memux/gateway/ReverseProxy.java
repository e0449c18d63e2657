package dev.memux.gateway;

import dev.memux.http.Http1Client;
import dev.memux.http.HttpFields;
import dev.memux.http.RequestHandler;
import dev.memux.http.RequestHead;
import dev.memux.http.ServerExchange;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Lets a backend answer every request, whichever version of HTTP it came by. */
final class ReverseProxy implements RequestHandler {
  private static final int PSEUDONYM_BYTES = 4;

  private final Http1Client client;
  private final Backend backend;
  // RFC 9110 §7.6.3: by it a gateway knows a request that it has sent itself.
  private final String pseudonym;

  ReverseProxy(Http1Client client, Backend backend) {
    this.client = client;
    this.backend = backend;
    byte[] random = new byte[PSEUDONYM_BYTES];
    new SecureRandom().nextBytes(random);
    pseudonym = "memux-" + HexFormat.of().formatHex(random);
  }

  @Override
  public void handle(ServerExchange exchange) {
    RequestHead request = exchange.request();
    switch (request.method()) {
      case "CONNECT" -> {
        Answers.refuse(exchange, 501, "no tunnels here");
        return;
      }
      case "TRACE" -> {
        // RFC 9110 §9.3.8: an answer would show what only the gateway and the backend should see.
        Answers.refuse(exchange, 405, "no TRACE here");
        return;
      }
      case "OPTIONS" -> {
        if ("0".equals(request.fields().value("max-forwards"))) {
          exchange.respond(Answers.head(204)).finish(); // RFC 9110 §7.6.2
          return;
        }
      }
      default -> {}
    }
    if (request.fields().values("via").stream().anyMatch(via -> via.contains(pseudonym))) {
      Answers.refuse(exchange, 508, "the backend leads back here");
      return;
    }
    new Forwarding(exchange, client, forwarded(exchange)).start();
  }

  /** The request as the backend gets it (RFC 9110 §7.6). */
  private RequestHead forwarded(ServerExchange exchange) {
    RequestHead request = exchange.request();
    HttpFields fields = ClientClaims.without(request.fields());
    fields.remove("expect"); // answered here, when there is a connection to the backend
    decrementMaxForwards(fields);
    markEarly(fields, exchange.isEarly());
    fields.set(
        "forwarded",
        ForwardedField.element(
            exchange.remoteAddress(), exchange.localAddress(), request.authority()));
    appendVia(fields, exchange.version().number() + " " + pseudonym);
    String authority =
        request.authority().isEmpty() ? backend.host() + ":" + backend.port() : request.authority();
    return new RequestHead(request.method(), "http", authority, request.path(), fields);
  }

  // RFC 9110 §7.6.2
  private static void decrementMaxForwards(HttpFields fields) {
    @Nullable String value = fields.value("max-forwards");
    if (value != null && value.matches("[1-9][0-9]{0,8}")) {
      fields.set("max-forwards", Integer.toString(Integer.parseInt(value) - 1));
    }
  }

  // RFC 8470 §5.1: the backend must know of a request that may be a replay. Who says so before us
  // is believed, as that can only make the backend more careful: the field is never removed, and
  // whatever stands in it, however often, means 1.
  private static void markEarly(HttpFields fields, boolean early) {
    if (early || fields.contains("early-data")) {
      fields.set("early-data", "1");
    }
  }

  // RFC 9110 §7.6.3: those before us stay, or a loop of several gateways would not be seen.
  private static void appendVia(HttpFields fields, String element) {
    @Nullable String earlier = fields.combined("via");
    fields.set("via", earlier == null ? element : earlier + ", " + element);
  }
}
