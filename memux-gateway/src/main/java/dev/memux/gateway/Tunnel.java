package dev.memux.gateway;

import dev.memux.http.HttpErrorCode;
import dev.memux.http.OutboundBody;
import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import dev.memux.http.TcpConnector;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tunnel (RFC 9114 §4.4, RFC 9113 §8.5): a client's stream and a TCP connection, the bytes of
 * each carried to the other. Each side is read only while the other takes more. An end on one side
 * becomes one on the other and the opposite direction goes on; a reset becomes a reset. Stands in
 * the connection's pipeline; everything happens on the client connection's event loop.
 */
final class Tunnel extends ChannelInboundHandlerAdapter {
  /**
   * How long nothing may move towards the backend, once the client takes no more, before both sides
   * are reset. What was sent before a client closed arrives so, however slowly, and a backend has
   * forgotten one client when it gets the next.
   */
  static final Duration LINGER = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

  private final ServerExchange exchange;
  private final SocketChannel backend;
  private final TunnelRecord entry;
  private final OutboundBody toClient;
  private boolean clientEnded;
  private boolean outputShut;
  private boolean backendEnded;

  /** The client takes no more; what the backend still sends is let go. */
  private boolean discarding;

  private @Nullable Future<?> linger;
  private final GenericFutureListener<Future<Void>> onWritten = written -> onWritten();
  private long writes;
  private TunnelSummary.End end = TunnelSummary.End.COMPLETE;
  private boolean over;

  Tunnel(ServerExchange exchange, SocketChannel backend, TunnelRecord entry) {
    this.exchange = exchange;
    this.backend = backend;
    this.entry = entry;
    // RFC 9110 §9.3.6: neither a length nor a coding; what follows are the tunnel's bytes.
    toClient = exchange.respond(ResponseHead.of(200));
  }

  /** The connection is there: lets the bytes pass. */
  void begin(Duration idleTimeout) {
    entry.opened(200);
    toClient.onWritable(this::updateReading);
    toClient.onRefused(this::discard);
    IdleStateHandler idle =
        new IdleStateHandler(true, 0, 0, idleTimeout.toNanos(), TimeUnit.NANOSECONDS);
    if (!TcpConnector.handOver(backend, idle, this)) {
      fail(TunnelSummary.End.BACKEND);
      return;
    }
    updateReading();
    readClient();
  }

  // What the client does.

  void onClientData(ByteBuf data) {
    if (over) {
      data.release();
      return;
    }
    entry.sent(data.readableBytes());
    backend.writeAndFlush(data).addListener(onWritten);
    readClient();
  }

  private void onWritten() {
    writes++;
  }

  /** FIN: the backend gets one too, behind what was written. */
  void onClientEnd() {
    clientEnded = true;
    if (over) {
      return;
    }
    backend
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            written -> {
              if (written.isSuccess() && !over) {
                backend.shutdownOutput();
                outputShut = true;
                closeIfEnded();
              }
            });
  }

  /** RFC 9114 §4.4: the backend gets a reset too, and the client one for the other direction. */
  void onClientFailure(HttpErrorCode code) {
    abort(code, TunnelSummary.End.CLIENT);
  }

  /** The stream is over, or its connection. */
  void onClientGone() {
    if (!clientEnded) {
      abort(HttpErrorCode.REQUEST_CANCELLED, TunnelSummary.End.CLIENT);
    } else if (!backendEnded) {
      discard();
    }
  }

  // RFC 9114 §4.4: the backend's connection must be closed when the client takes no more. Not at
  // once: whoever closes a socket has sent a last word that may still be on its way, and its end.
  private void discard() {
    if (over || discarding) {
      return;
    }
    discarding = true;
    end = TunnelSummary.End.CLIENT;
    startLinger();
    updateReading();
    readClient();
    closeIfEnded();
  }

  private void startLinger() {
    long before = writes;
    linger =
        backend
            .eventLoop()
            .schedule(() -> onLingered(before), LINGER.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void onLingered(long writesBefore) {
    if (writes != writesBefore) {
      startLinger();
    } else {
      abort(HttpErrorCode.CONNECT_ERROR, TunnelSummary.End.CLIENT);
    }
  }

  // What the backend does.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (over || discarding || !(message instanceof ByteBuf data)) {
      ReferenceCountUtil.release(message);
      return;
    }
    entry.received(data.readableBytes());
    toClient.write(data);
    updateReading();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    readClient();
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      onBackendEnd();
    } else if (event instanceof IdleStateEvent && !over) {
      LOG.debug("{}: nothing moves", backend);
      fail(TunnelSummary.End.IDLE);
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(TunnelSummary.End.BACKEND); // unless that is known already
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", backend, cause);
    fail(TunnelSummary.End.BACKEND);
  }

  private void onBackendEnd() {
    if (over || backendEnded) {
      return;
    }
    backendEnded = true;
    if (!discarding) {
      toClient.finish();
    }
    closeIfEnded();
  }

  // Both.

  private void updateReading() {
    if (!over && !backendEnded) {
      backend.config().setAutoRead(discarding || toClient.isWritable());
    }
  }

  private void readClient() {
    if (!over && backend.isWritable()) {
      exchange.requestBody().read();
    }
  }

  private void closeIfEnded() {
    if (!over && outputShut && backendEnded) {
      finish(end);
      backend.close();
    }
  }

  /** The backend's connection has failed: RFC 9114 §4.4, RFC 9113 §8.5. */
  private void fail(TunnelSummary.End why) {
    abort(HttpErrorCode.CONNECT_ERROR, why);
  }

  /** Resets both sides. */
  private void abort(HttpErrorCode code, TunnelSummary.End why) {
    if (over) {
      return;
    }
    finish(why); // before the stream closes, which it does at once
    exchange.reset(code);
    if (backend.isOpen()) {
      backend.config().setSoLinger(0); // so that close sends RST
      backend.close();
    }
  }

  private void finish(TunnelSummary.End why) {
    over = true;
    if (linger != null) {
      linger.cancel(false);
    }
    entry.over(why);
  }
}
