package dev.memux.http;

import dev.memux.netty.IoTransport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A bound TCP port whose connections an {@link HttpsService} serves. Any thread. */
public final class HttpsServer {
  /** Handshakes that the kernel completes before they are accepted. */
  private static final int BACKLOG = 1_024;

  /** What is kept for a client that does not read, beside what the kernel keeps. */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 * 1024, 128 * 1024);

  private final Channel channel;

  private HttpsServer(Channel channel) {
    this.channel = channel;
  }

  /**
   * Binds an address and waits until it is.
   *
   * @throws IOException if it cannot be bound
   */
  public static HttpsServer bind(
      EventLoopGroup group, InetSocketAddress local, HttpsService service) throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(IoTransport.of(group).serverSocketChannel())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(service.initializer())
            .bind(local)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
    }
    return new HttpsServer(bound.channel());
  }

  /** Where it listens, with the port that was chosen if 0 was asked for. */
  public InetSocketAddress localAddress() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** Accepts no more connections; those that are open go on. Done when the port is free. */
  public Future<Void> close() {
    return channel.close();
  }
}
