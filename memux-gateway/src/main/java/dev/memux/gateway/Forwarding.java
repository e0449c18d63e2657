package dev.memux.gateway;

import dev.memux.http.BodyListener;
import dev.memux.http.ClientExchange;
import dev.memux.http.Http1Client;
import dev.memux.http.HttpErrorCode;
import dev.memux.http.HttpException;
import dev.memux.http.InboundBody;
import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import dev.memux.http.ServerExchange;
import io.netty.buffer.ByteBuf;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to the backend and the answer on its way back. Each side is read only
 * while the other takes more, so that whoever is slow holds back whoever is fast, and at most a
 * read's worth waits in between. Everything happens on the client connection's event loop.
 */
final class Forwarding implements ResponseListener {
  /** Interim responses that are passed on; a backend could send them for ever. */
  static final int MAX_INTERIM = 16;

  // RFC 9110 §9.3.3, §9.3.4, RFC 5789: without a body these make no sense.
  private static final Set<String> HAVE_BODIES = Set.of("POST", "PUT", "PATCH");
  private static final int CONTINUE = 100;

  private final ServerExchange exchange;
  private final Http1Client client;
  private final RequestHead head;
  private @Nullable ClientExchange backend;
  private @Nullable OutboundBody toBackend;
  private @Nullable InboundBody fromBackend;
  private @Nullable OutboundBody toClient;
  private @Nullable ByteBuf firstPiece;
  private boolean sent;
  private boolean requestComplete;
  private boolean over;
  private int interims;

  Forwarding(ServerExchange exchange, Http1Client client, RequestHead head) {
    this.exchange = exchange;
    this.client = client;
    this.head = head;
  }

  void start() {
    exchange.onClosed(this::onClientGone);
    exchange.requestBody().listen(new RequestBody());
    if (sent) {
      return; // there is no body
    }
    String length = head.fields().value("content-length");
    if (length == null ? HAVE_BODIES.contains(head.method()) : !length.equals("0")) {
      send(true);
    } else {
      exchange.requestBody().read(); // and what comes tells whether there is a body
    }
  }

  @Override
  public void onOpen(OutboundBody requestBody) {
    toBackend = requestBody;
    requestBody.onWritable(this::readRequest);
    ByteBuf first = firstPiece;
    if (first != null) {
      firstPiece = null;
      requestBody.write(first);
    }
    if (requestComplete) {
      finishRequest(requestBody);
    } else {
      readRequest();
    }
  }

  @Override
  public void onInterim(ResponseHead interim) {
    interims++;
    if (!over && interim.status() != CONTINUE && interims <= MAX_INTERIM) {
      exchange.inform(interim);
    }
  }

  @Override
  public void onHead(ResponseHead response, InboundBody body) {
    if (over) {
      return; // the backend has not heard of it yet
    }
    fromBackend = body;
    OutboundBody out = exchange.respond(response);
    toClient = out;
    out.onWritable(body::read);
    if (out.isWritable()) {
      body.read();
    }
  }

  @Override
  public void onData(ByteBuf data) {
    OutboundBody out = toClient;
    InboundBody in = fromBackend;
    if (out == null || in == null) {
      data.release();
      return;
    }
    out.write(data);
    if (out.isWritable()) {
      in.read();
    }
  }

  @Override
  public void onEnd() {
    if (toClient != null && fromBackend != null) {
      toClient.finish(fromBackend.trailers());
    }
    end();
  }

  @Override
  public void onFailure(HttpException failure) {
    if (over) {
      return;
    }
    if (exchange.isResponded()) {
      exchange.reset(HttpErrorCode.INTERNAL_ERROR);
    } else {
      Answers.refuse(exchange, status(failure), String.valueOf(failure.getMessage()));
    }
    end();
  }

  private void send(boolean hasBody) {
    sent = true;
    backend = client.send(exchange.loop(), head, hasBody, this);
  }

  private void readRequest() {
    if (!over && toBackend != null && toBackend.isWritable()) {
      exchange.requestBody().read();
    }
  }

  // RFC 9110 §6.5.1: the backend may merge trailers into the head.
  private void finishRequest(OutboundBody requestBody) {
    requestBody.finish(ClientClaims.without(exchange.requestBody().trailers()));
  }

  /** The answer is complete; what is left of the request is of no use. */
  private void end() {
    over = true;
    releaseFirstPiece();
    exchange.requestBody().discard(HttpErrorCode.NO_ERROR);
  }

  /** Nobody waits for the answer any more. */
  private void onClientGone() {
    if (!over) {
      over = true;
      releaseFirstPiece();
      if (backend != null) {
        backend.cancel();
      }
    }
  }

  private void releaseFirstPiece() {
    if (firstPiece != null) {
      firstPiece.release();
      firstPiece = null;
    }
  }

  /** RFC 9110 §15.6.3 to §15.6.5: whose fault it is that there is no answer. */
  private static int status(HttpException failure) {
    return switch (failure) {
      case HttpException.TimedOut e -> 504;
      case HttpException.Overloaded e -> 503;
      case HttpException.Unresolved e -> 502;
      case HttpException.Unreachable e -> 502;
      case HttpException.HandshakeFailed e -> 502;
      case HttpException.Untrusted e -> 502;
      case HttpException.StreamReset e -> 502;
      case HttpException.TunnelRefused e -> 502;
      case HttpException.ConnectionLost e -> 502;
      case HttpException.Malformed e -> 502;
    };
  }

  /** What the client sends. */
  private final class RequestBody implements BodyListener {
    @Override
    public void onData(ByteBuf data) {
      if (over) {
        data.release();
      } else if (toBackend != null) {
        toBackend.write(data);
        readRequest();
      } else {
        firstPiece = data;
        if (!sent) {
          send(true);
        }
      }
    }

    @Override
    public void onEnd() {
      requestComplete = true;
      if (over) {
        return;
      }
      if (toBackend != null) {
        finishRequest(toBackend);
      } else if (!sent) {
        send(false);
      }
    }

    @Override
    public void onFailure(HttpException failure) {
      if (over) {
        return;
      }
      onClientGone(); // what is incomplete is not carried on as if it were whole
      if (exchange.isResponded()) {
        exchange.reset(HttpErrorCode.REQUEST_CANCELLED);
      } else {
        Answers.refuse(exchange, 400, "the request is incomplete");
      }
    }
  }
}
