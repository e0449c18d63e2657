package dev.memux.netty;

import dev.memux.engine.CloseReason;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.EOFException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands above TLS until its handshake is over, and in its place puts what runs on top. Nothing is
 * read before that; what is read with the end of the handshake already reaches the newcomers.
 */
final class TlsGate extends ChannelInboundHandlerAdapter {
  private final boolean agreesOnProtocol;
  private final Consumer<SslHandler> onReady;
  private final Consumer<CloseReason> onFailure;
  private @Nullable Throwable failure;
  private boolean done;

  /**
   * @param agreesOnProtocol whether there is no connection without an application protocol
   * @param onReady adds to the end of the pipeline
   * @param onFailure told once why there is no connection; the channel is closed
   */
  TlsGate(boolean agreesOnProtocol, Consumer<SslHandler> onReady, Consumer<CloseReason> onFailure) {
    this.agreesOnProtocol = agreesOnProtocol;
    this.onReady = onReady;
    this.onFailure = onFailure;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      fail(ctx, TcpFailures.carrierLost(new EOFException("TCP was ended in the TLS handshake")));
    } else if (!(event instanceof SslHandshakeCompletionEvent completed)) {
      ctx.fireUserEventTriggered(event);
    } else if (completed.isSuccess()) {
      onHandshake(ctx);
    } else {
      fail(ctx, TcpFailures.ofHandshake(completed.cause()));
    }
  }

  private void onHandshake(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (agreesOnProtocol && tls.applicationProtocol() == null) {
      // QMux §8.1: clients, too, end a handshake in which no application protocol was agreed on.
      fail(ctx, TcpFailures.noApplicationProtocol());
      return;
    }
    done = true;
    onReady.accept(tls);
    ctx.pipeline().remove(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(ctx, failure == null ? TcpFailures.carrierLost(null) : TcpFailures.ofHandshake(failure));
  }

  private void fail(ChannelHandlerContext ctx, CloseReason reason) {
    if (!done) {
      done = true;
      onFailure.accept(reason);
      ctx.close();
    }
  }
}
