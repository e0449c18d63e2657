package dev.memux.http;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.tls.TlsSession;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one origin, with any number of requests at a time: those that the server's stream
 * limit has no room for wait their turn. Any thread may call it.
 */
public final class ClientConnection {
  private final Origin origin;
  private final QuicChannel channel;
  private final long startNanos;
  private final Consumer<ClientExchange> afresh;
  private volatile long handshakeNanos;
  // Confined to the connection's event loop.
  private final Queue<ClientExchange> waiting = new ArrayDeque<>();
  private final PriorityUpdateSender priorityUpdates;
  private int opening;

  /** What goes over another connection if this one never comes about. */
  private final Set<ClientExchange> unsettled = new HashSet<>();

  /**
   * @param startNanos when connecting began
   * @param afresh sends what this connection cannot, because its handshake fails
   */
  ClientConnection(
      Origin origin, QuicChannel channel, long startNanos, Consumer<ClientExchange> afresh) {
    this.origin = origin;
    this.channel = channel;
    this.startNanos = startNanos;
    this.afresh = afresh;
    priorityUpdates = new PriorityUpdateSender(channel);
    if (!isEarly()) {
      handshakeNanos = System.nanoTime() - startNanos;
    }
    channel.closeFuture().addListener(ignored -> failWaiting());
  }

  /** Who is at the other end. */
  public Origin origin() {
    return origin;
  }

  /** The address that answered, or null if the transport does not tell. */
  public @Nullable SocketAddress remoteAddress() {
    return channel.remoteSocketAddress();
  }

  /** What TLS has agreed on; null before the handshake is complete, or if it is not known. */
  public @Nullable TlsSession tlsSession() {
    return channel instanceof MuxQuicChannel mux ? mux.tlsSession() : null;
  }

  /** How long the handshake took, in nanoseconds; 0: it is not complete yet. */
  public long handshakeNanos() {
    return handshakeNanos;
  }

  /** Whether the connection is still open. */
  public boolean isOpen() {
    return channel.isActive();
  }

  /** Sends a request as soon as the server's stream limit allows. */
  public ClientExchange send(RequestHead head, ResponseListener listener) {
    ClientExchange exchange = new ClientExchange(channel.eventLoop(), head, listener);
    channel
        .eventLoop()
        .execute(
            () -> {
              if (isEarly()) {
                unsettled.add(exchange);
                exchange.onFailureSend(afresh);
              }
              enqueue(exchange);
            });
    return exchange;
  }

  /** Figures so far, or null if the transport does not tell. */
  public CompletionStage<@Nullable ConnectionStatistics> statistics() {
    CompletableFuture<@Nullable ConnectionStatistics> result = new CompletableFuture<>();
    if (channel instanceof MuxQuicChannel mux) {
      mux.statistics()
          .addListener((Future<ConnectionStatistics> done) -> result.complete(done.getNow()));
    } else {
      result.complete(null);
    }
    return result;
  }

  /** Closes the connection; requests under way fail. */
  public CompletionStage<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    channel.closeFuture().addListener(ignored -> closed.complete(null));
    channel.close(true, Http3ErrorCode.H3_NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
    return closed;
  }

  /** Completes when the connection is closed, by whomever. */
  public CompletionStage<Void> closed() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    channel.closeFuture().addListener(ignored -> closed.complete(null));
    return closed;
  }

  private void enqueue(ClientExchange exchange) {
    waiting.add(exchange);
    openWaiting();
  }

  /** Whether what is sent now is early data. */
  private boolean isEarly() {
    return channel instanceof MuxQuicChannel mux && mux.tlsSession() == null;
  }

  /** Something has happened to the connection: its handshake or its limits may allow more. */
  void onEvent() {
    if (handshakeNanos == 0 && !isEarly()) {
      handshakeNanos = System.nanoTime() - startNanos;
      unsettled.forEach(exchange -> exchange.onFailureSend(null));
      unsettled.clear();
    }
    openWaiting();
  }

  /** Opens streams for who waits, as many as the server's limit has room for. */
  private void openWaiting() {
    boolean early = isEarly();
    Iterator<ClientExchange> next = waiting.iterator();
    while (next.hasNext() && channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > opening) {
      ClientExchange exchange = next.next();
      if (early && !exchange.mayBeEarly()) {
        continue;
      }
      next.remove();
      if (!exchange.isCancelled()) {
        opening++;
        exchange.onSending(early);
        Http3.newRequestStream(channel, new StreamOpener(exchange))
            .addListener((Future<QuicStreamChannel> opened) -> onOpened(exchange, opened));
      }
    }
    if (!channel.isActive()) {
      failWaiting();
    }
  }

  private void onOpened(ClientExchange exchange, Future<QuicStreamChannel> opened) {
    opening--;
    if (!opened.isSuccess()) {
      exchange.fail(StreamFailures.of(opened.cause()));
      return;
    }
    QuicStreamChannel stream = opened.getNow();
    stream.closeFuture().addListener(ignored -> openWaiting());
    if (exchange.isCancelled()) {
      stream.shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED.code());
      return;
    }
    stream.pipeline().get(ClientStreamHandler.class).begin();
  }

  private void failWaiting() {
    while (!waiting.isEmpty()) {
      waiting
          .remove()
          .fail(
              new HttpException.ConnectionLost("the connection was closed before the turn", null));
    }
  }

  /** Puts the response handler behind the codec of a new stream. */
  private final class StreamOpener extends ChannelInitializer<QuicStreamChannel> {
    private final ClientExchange exchange;

    StreamOpener(ClientExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    protected void initChannel(QuicStreamChannel channel) {
      channel
          .pipeline()
          .addLast(
              new ClientStreamHandler(exchange, channel, priorityUpdates, () -> enqueue(exchange)));
    }
  }
}
