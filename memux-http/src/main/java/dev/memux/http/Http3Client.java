package dev.memux.http;

import dev.memux.netty.CarrierType;
import dev.memux.netty.ConnectRace;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.netty.Route;
import dev.memux.netty.RouteMemory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3GoAwayFrame;
import io.netty.handler.codec.http3.Http3UnknownFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/3 client that keeps one connection to each origin and sends all requests over it. Any
 * thread may call it.
 *
 * <p>If the connector offers early data and has a session of the server, GET and HEAD requests are
 * sent at once (RFC 8470 §4), the others when the handshake is complete. What the server does not
 * take early (425, or all of it) is sent again; what was sent to an address that then does not
 * answer goes over a new connection.
 */
public final class Http3Client {
  private static final Logger LOG = LoggerFactory.getLogger(Http3Client.class);

  /** How long an address has to complete the handshake of early data if there are others. */
  private static final long PROBATION_MILLIS = 1_000;

  private static final AttributeKey<Route> ROUTE = AttributeKey.valueOf(Http3Client.class, "route");

  private final EventLoopGroup group;
  private final Map<CarrierType, Connector> connectors;
  private final Duration connectTimeout;
  private final RouteMemory memory = new RouteMemory();

  private final Map<Origin, CompletableFuture<ClientConnection>> connections =
      new ConcurrentHashMap<>();

  /**
   * A client without connections.
   *
   * @param group where timers run while connecting
   * @param connectTimeout how long resolving, connecting and the handshake may take together
   */
  public Http3Client(EventLoopGroup group, Connector connector, Duration connectTimeout) {
    this(group, Map.of(CarrierType.QUIC, connector), connectTimeout);
  }

  /**
   * A client without connections that races what may carry them: QUIC has a head start, or TCP
   * where it was needed lately ({@link RouteMemory}).
   *
   * @param group where timers run while connecting
   * @param connectTimeout how long resolving, connecting and the handshake may take together
   */
  public Http3Client(
      EventLoopGroup group, Map<CarrierType, Connector> connectors, Duration connectTimeout) {
    this.group = group;
    this.connectors = Map.copyOf(connectors);
    this.connectTimeout = connectTimeout;
  }

  /**
   * The connection to an origin, opened if there is none that still takes requests. Fails with an
   * {@link HttpException}.
   */
  public CompletionStage<ClientConnection> connection(Origin origin) {
    CompletableFuture<ClientConnection> fresh = new CompletableFuture<>();
    CompletableFuture<ClientConnection> known = connections.putIfAbsent(origin, fresh);
    if (known != null) {
      return known;
    }
    // Resolving blocks; java.net offers nothing else.
    Thread.startVirtualThread(
        () -> {
          try {
            connect(origin, InetAddress.getAllByName(origin.host()), fresh);
          } catch (UnknownHostException e) {
            fail(origin, fresh, new HttpException.Unresolved(origin.host(), e));
          }
        });
    // A name server that does not answer must not outlast the caller's patience.
    group
        .next()
        .schedule(
            () -> {
              if (!fresh.isDone()) {
                fail(
                    origin,
                    fresh,
                    new HttpException.TimedOut("connecting to " + origin + " took too long"));
              }
            },
            connectTimeout.toMillis(),
            TimeUnit.MILLISECONDS);
    return fresh;
  }

  /**
   * Has an address tried first, by QUIC if that may carry it, if the origin still has it: with
   * early data it is not raced against the others.
   */
  public void prefer(Origin origin, InetAddress address) {
    Route route = new Route(CarrierType.QUIC, new InetSocketAddress(address, origin.port()));
    memory.onConnected(origin.toString(), route);
  }

  /** Closes all connections; completes when they are. */
  public CompletionStage<Void> close() {
    CompletableFuture<?>[] closing =
        connections.values().stream()
            .filter(connection -> connection.isDone() && !connection.isCompletedExceptionally())
            .map(connection -> connection.join().close().toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(closing);
  }

  private void connect(
      Origin origin, InetAddress[] addresses, CompletableFuture<ClientConnection> fresh) {
    EventLoop loop = group.next();
    long startNanos = System.nanoTime();
    List<Route> routes =
        memory.routes(origin.toString(), connectors.keySet(), List.of(addresses), origin.port());
    CompletableFuture<QuicChannel> race =
        new ConnectRace<>(loop, routes, new Contest(origin, fresh), ConnectFailures::furthest)
            .start();
    race.whenComplete(
        (channel, failure) -> {
          if (failure != null) {
            fail(origin, fresh, unwrapped(failure));
          } else {
            onConnected(origin, channel, startNanos, fresh);
            if (routes.size() > 1) {
              putOnProbation(origin, channel);
            }
          }
        });
    fresh.whenComplete((connection, failure) -> race.cancel(false)); // it took too long
  }

  private final class Contest implements ConnectRace.Contest<Route, QuicChannel> {
    private final Origin origin;
    private final CompletableFuture<ClientConnection> fresh;

    Contest(Origin origin, CompletableFuture<ClientConnection> fresh) {
      this.origin = origin;
      this.fresh = fresh;
    }

    @Override
    public Future<QuicChannel> connect(Route route) {
      return Objects.requireNonNull(connectors.get(route.carrier()))
          .connect(route.remote(), origin.host(), initializer(origin, route, fresh));
    }

    @Override
    public void discard(QuicChannel connection) {
      connection.close();
    }
  }

  private void onConnected(
      Origin origin,
      QuicChannel channel,
      long startNanos,
      CompletableFuture<ClientConnection> fresh) {
    ClientConnection connection =
        new ClientConnection(
            origin, channel, startNanos, exchange -> sendAfresh(origin, fresh, exchange));
    channel.closeFuture().addListener(ignored -> connections.remove(origin, fresh));
    channel.pipeline().addFirst(new EventWatch(connection, () -> note(origin, channel)));
    if (!fresh.complete(connection)) {
      connection.close();
    }
  }

  /**
   * The connection never came about: this request is sent over the next, which another race won.
   */
  private void sendAfresh(
      Origin origin, CompletableFuture<ClientConnection> failed, ClientExchange exchange) {
    connections.remove(origin, failed);
    connection(origin)
        .whenComplete(
            (connection, failure) -> {
              if (connection != null) {
                exchange.succeededBy(connection.send(exchange.head(), exchange.listener()));
              } else if (unwrapped(failure) instanceof HttpException known) {
                exchange.listener().onFailure(known);
              } else {
                exchange.listener().onFailure(new HttpException.Unreachable("" + failure, failure));
              }
            });
  }

  /** Early data has ended the race before anybody has answered. */
  private void putOnProbation(Origin origin, QuicChannel channel) {
    if (channel instanceof MuxQuicChannel mux && mux.tlsSession() == null) {
      channel
          .eventLoop()
          .schedule(
              () -> {
                if (mux.tlsSession() == null) {
                  if (connectors.size() > 1) {
                    memory.onLost(origin.toString(), channel.attr(ROUTE).get());
                  }
                  mux.close();
                }
              },
              PROBATION_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  private void note(Origin origin, QuicChannel channel) {
    memory.onConnected(origin.toString(), channel.attr(ROUTE).get());
  }

  private void fail(Origin origin, CompletableFuture<ClientConnection> fresh, Throwable failure) {
    connections.remove(origin, fresh);
    fresh.completeExceptionally(failure);
  }

  private ChannelHandler initializer(
      Origin origin, Route route, CompletableFuture<ClientConnection> fresh) {
    return new ChannelInitializer<QuicChannel>() {
      @Override
      protected void initChannel(QuicChannel channel) {
        channel.attr(ROUTE).set(route);
        ChannelHandler control = new GoAwayWatch(() -> connections.remove(origin, fresh));
        channel
            .pipeline()
            .addLast(
                new Http3ClientConnectionHandler(
                    control, null, null, Http3Service.settings(), true),
                new CriticalStreams(),
                QuietTail.INSTANCE);
      }
    };
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** RFC 9114 §5.2: after a GOAWAY new requests go over a new connection. */
  private static final class GoAwayWatch extends ChannelInboundHandlerAdapter {
    private final Runnable onGoAway;

    GoAwayWatch(Runnable onGoAway) {
      this.onGoAway = onGoAway;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http3GoAwayFrame) {
        onGoAway.run();
      } else if (message instanceof Http3UnknownFrame unknown) {
        PriorityUpdateFrame.refuse(unknown, (QuicChannel) ctx.channel().parent());
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("control stream of {}", ctx.channel().parent(), cause); // the codec has acted on it
    }
  }

  /**
   * Whatever the connection tells of, the server may have raised its stream limit, or the handshake
   * may be complete.
   */
  private static final class EventWatch extends ChannelInboundHandlerAdapter {
    private final ClientConnection connection;
    private final Runnable onHandshake;

    EventWatch(ClientConnection connection, Runnable onHandshake) {
      this.connection = connection;
      this.onHandshake = onHandshake;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      notice();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      notice();
      ctx.fireUserEventTriggered(event);
    }

    private void notice() {
      connection.onEvent();
      if (connection.handshakeNanos() > 0) {
        onHandshake.run();
      }
    }
  }
}
