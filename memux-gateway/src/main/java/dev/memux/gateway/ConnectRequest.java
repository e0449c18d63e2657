package dev.memux.gateway;

import dev.memux.http.BodyListener;
import dev.memux.http.HttpErrorCode;
import dev.memux.http.HttpException;
import dev.memux.http.ServerExchange;
import dev.memux.http.TcpConnector;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request for a tunnel (RFC 9114 §4.4, RFC 9113 §8.5) until there is one: waits for a place at
 * the backend, then for the connection. What the client sends meanwhile is not read, so that flow
 * control bounds it. Everything happens on the client connection's event loop.
 */
final class ConnectRequest implements BodyListener, Places.Applicant {
  /** The tunnel is no response that could be of use in pieces, nor one that others wait behind. */
  private static final QuicStreamPriority DEFAULT_PRIORITY = new QuicStreamPriority(3, true);

  private final ServerExchange exchange;
  private final ConnectProxy.Route route;
  private final ConnectProxy proxy;
  private final TunnelRecord entry;
  private Places.@Nullable Ticket ticket;
  private @Nullable CompletableFuture<SocketChannel> connecting;
  private @Nullable Future<?> timer;
  private @Nullable Tunnel tunnel;
  private boolean clientEnded;
  private boolean over;

  ConnectRequest(
      ServerExchange exchange, ConnectProxy.Route route, ConnectProxy proxy, TunnelRecord entry) {
    this.exchange = exchange;
    this.route = route;
    this.proxy = proxy;
    this.entry = entry;
  }

  void start() {
    exchange.priorityByDefault(DEFAULT_PRIORITY);
    exchange.onClosed(this::onClientGone);
    exchange.requestBody().listen(this);
    Places places = route.places();
    if (places == null) {
      onPlaced();
      return;
    }
    ticket = places.ask(exchange.connection(), exchange.priority().urgency(), this);
    if (ticket == null) {
      refuse(ConnectRefusal.full("too many wait for a connection to " + route.authority()));
      return;
    }
    exchange.onPriority(this::onPriority);
    startTimer(
        proxy.config().queueTimeout(),
        () -> refuse(ConnectRefusal.waitedTooLong(route.authority())));
  }

  // Places.Applicant, on any thread

  @Override
  public void onPlace() {
    exchange.loop().execute(this::onPlaced);
  }

  @Override
  public void onTurnedAway() {
    exchange.loop().execute(() -> refuse(ConnectRefusal.draining()));
  }

  // BodyListener

  @Override
  public void onData(ByteBuf data) {
    if (tunnel != null) {
      tunnel.onClientData(data);
    } else {
      data.release();
    }
  }

  @Override
  public void onEnd() {
    clientEnded = true;
    if (tunnel != null) {
      tunnel.onClientEnd();
    }
  }

  @Override
  public void onFailure(HttpException failure) {
    HttpErrorCode code =
        failure instanceof HttpException.Malformed
            ? HttpErrorCode.MESSAGE_ERROR
            : HttpErrorCode.REQUEST_CANCELLED;
    if (tunnel != null) {
      tunnel.onClientFailure(code);
    } else if (!over) {
      exchange.reset(code);
      onClientGone();
    }
  }

  private void onPlaced() {
    if (over) {
      return; // the ticket has been given back
    }
    entry.placed();
    startTimer(
        proxy.config().connectTimeout(),
        () -> refuse(ConnectRefusal.connectTimeout(route.authority())));
    TcpConnector connector =
        new TcpConnector(route.server(), proxy.config().connectTimeout(), true);
    connector
        .resolve(exchange.loop())
        .whenComplete(
            (addresses, failure) -> {
              if (failure == null) {
                onResolved(connector, addresses);
              } else {
                onConnectFailure(failure);
              }
            });
  }

  private void onResolved(TcpConnector connector, List<InetAddress> addresses) {
    if (over) {
      return;
    }
    List<InetAddress> permitted = proxy.permitted(route, addresses);
    if (permitted.isEmpty()) {
      refuse(ConnectRefusal.forbiddenAddress(route.authority()));
      return;
    }
    connecting = connector.connect(exchange.loop(), permitted);
    connecting.whenComplete(
        (channel, failure) -> {
          if (failure == null) {
            onConnected(channel);
          } else {
            onConnectFailure(failure);
          }
        });
  }

  private void onConnected(SocketChannel channel) {
    stopTimer();
    Places.Ticket place = ticket;
    if (place != null) {
      channel.closeFuture().addListener(closed -> place.leave());
    }
    over = true;
    boolean endedBefore = clientEnded; // reading from now on may bring the end as well
    tunnel = new Tunnel(exchange, channel, entry);
    tunnel.begin(proxy.config().idleTimeout());
    if (endedBefore) {
      tunnel.onClientEnd();
    }
  }

  private void onConnectFailure(Throwable failure) {
    if (over) {
      return;
    }
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    refuse(
        cause instanceof HttpException known
            ? ConnectRefusal.of(known)
            : new ConnectRefusal(502, "proxy_internal_error", "connecting failed"));
  }

  private void refuse(ConnectRefusal refusal) {
    if (over) {
      return;
    }
    end();
    refusal.send(exchange);
    entry.refused(refusal.status());
  }

  private void onClientGone() {
    if (tunnel != null) {
      tunnel.onClientGone();
    } else if (!over) {
      end();
      entry.over(TunnelSummary.End.CLIENT);
    }
  }

  /** There will be no tunnel: gives back what there is of one. */
  private void end() {
    over = true;
    stopTimer();
    if (connecting != null) {
      connecting.cancel(false);
    }
    if (ticket != null) {
      ticket.leave();
    }
  }

  private void onPriority(QuicStreamPriority priority) {
    if (ticket != null) {
      ticket.urgency(priority.urgency());
    }
  }

  private void startTimer(Duration limit, Runnable onTimeout) {
    stopTimer();
    timer = exchange.loop().schedule(onTimeout, limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }
}
