package dev.memux.netty;

import dev.memux.tls.TlsSession;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last handler of a channel that carries bytes in order, and on which a QMux connection runs;
 * {@link QmuxDrivers} makes it. It is added when the layer below is ready, and the connection
 * begins then.
 */
public final class QmuxDriver extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(QmuxDriver.class);

  private final QmuxDrivers drivers;
  private final boolean server;
  private final LayerBelow below;
  private final @Nullable TlsSession tls;
  private final Function<Carrier, ConnectionListener> listeners;

  private @Nullable QmuxCarrier carrier;
  private @Nullable Throwable failure;

  QmuxDriver(
      QmuxDrivers drivers,
      boolean server,
      LayerBelow below,
      @Nullable TlsSession tls,
      Function<Carrier, ConnectionListener> listeners) {
    this.drivers = drivers;
    this.server = server;
    this.below = below;
    this.tls = tls;
    this.listeners = listeners;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    QmuxLoop loop = drivers.loop(ctx.channel().eventLoop());
    carrier = new QmuxCarrier(ctx, loop, server, below, tls);
    carrier.begin(listeners);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (carrier != null && message instanceof ByteBuf bytes) {
      try {
        carrier.receive(bytes);
      } finally {
        bytes.release();
      }
    } else {
      ctx.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (carrier != null) {
      carrier.turn();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (carrier != null && event == ChannelInputShutdownEvent.INSTANCE) {
      carrier.onInputEnded();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("{}", ctx.channel(), cause);
    if (failure == null) {
      failure = cause;
    }
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    onLost();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    onLost(); // without the layer below there is no connection
  }

  private void onLost() {
    if (carrier != null) {
      carrier.onLost(TcpFailures.text(failure));
    }
  }
}
