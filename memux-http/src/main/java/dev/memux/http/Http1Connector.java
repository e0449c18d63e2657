package dev.memux.http;

import dev.memux.netty.IoTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Opens connections to one server, trying its addresses one after another. */
final class Http1Connector {
  /** What is kept for a server that does not read, beside what the kernel keeps. */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 * 1024, 128 * 1024);

  private final String host;
  private final int port;
  private final Http1ClientConfig config;

  Http1Connector(String host, int port, Http1ClientConfig config) {
    this.host = host;
    this.port = port;
    this.config = config;
  }

  /** Connects; calls back on the loop with a channel or the reason why there is none. */
  void connect(
      EventLoop loop,
      ChannelHandler handler,
      BiConsumer<@Nullable Channel, @Nullable HttpException> done) {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      connect(loop, handler, List.of(InetAddress.ofLiteral(host)), 0, done);
      return;
    }
    // Resolving blocks; java.net offers nothing else, but remembers for a while.
    Thread.startVirtualThread(
        () -> {
          try {
            List<InetAddress> addresses = List.of(InetAddress.getAllByName(host));
            loop.execute(() -> connect(loop, handler, addresses, 0, done));
          } catch (UnknownHostException e) {
            loop.execute(() -> done.accept(null, new HttpException.Unresolved(host, e)));
          }
        });
  }

  private void connect(
      EventLoop loop,
      ChannelHandler handler,
      List<InetAddress> addresses,
      int next,
      BiConsumer<@Nullable Channel, @Nullable HttpException> done) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(IoTransport.of(loop.parent()).socketChannel())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) config.connectTimeout().toMillis())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(handler)
            .connect(new InetSocketAddress(addresses.get(next), port));
    connecting.addListener(
        connected -> {
          if (connected.isSuccess()) {
            done.accept(connecting.channel(), null);
          } else if (next + 1 < addresses.size()) {
            connect(loop, handler, addresses, next + 1, done);
          } else {
            done.accept(null, failure(connected.cause()));
          }
        });
  }

  private HttpException failure(Throwable cause) {
    String server = new Origin(host, port).toString();
    return cause instanceof ConnectTimeoutException
        ? new HttpException.TimedOut(server + " does not answer")
        : new HttpException.Unreachable(server + " refuses the connection", cause);
  }
}
