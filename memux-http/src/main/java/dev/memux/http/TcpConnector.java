package dev.memux.http;

import dev.memux.netty.ConnectRace;
import dev.memux.netty.IoTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Opens TCP connections to one server, racing its addresses (RFC 8305). Any thread. */
public final class TcpConnector {
  /** What is kept for a server that does not read, beside what the kernel keeps. */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 * 1024, 128 * 1024);

  private final Origin server;
  private final int timeoutMillis;
  private final boolean halfClosure;

  /**
   * @param server a name or an address, and a port
   * @param timeout how long each address has to answer
   * @param halfClosure whether a connection that the server has closed can still be written to
   */
  public TcpConnector(Origin server, Duration timeout, boolean halfClosure) {
    this.server = server;
    this.halfClosure = halfClosure;
    timeoutMillis = Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
  }

  /**
   * Finds out the server's addresses, at least one. Completes on the loop; fails with {@link
   * HttpException.Unresolved}.
   */
  public CompletableFuture<List<InetAddress>> resolve(EventLoop loop) {
    return Lookups.SYSTEM.find(loop, server.host());
  }

  /**
   * Connects to one of these addresses. Completes on the loop, with a channel that reads nothing
   * before it is asked to, for {@link #handOver}; fails with an {@link HttpException}. Who
   * completes it before that gives the attempts up.
   */
  public CompletableFuture<SocketChannel> connect(EventLoop loop, List<InetAddress> addresses) {
    List<InetSocketAddress> candidates =
        ConnectRace.interleaved(addresses).stream()
            .map(address -> new InetSocketAddress(address, server.port()))
            .toList();
    return new ConnectRace<>(loop, candidates, new Attempts(loop), this::verdict).start();
  }

  /**
   * Gives a new connection its handlers, which hear all that has happened to it. On its loop.
   *
   * @return false if the connection has been lost already, and the handlers heard nothing
   */
  public static boolean handOver(SocketChannel channel, ChannelHandler... handlers) {
    if (!channel.isOpen()) {
      return false;
    }
    channel.pipeline().addLast(handlers);
    channel.pipeline().remove(InputHold.class);
    return true;
  }

  /** Of several failures the one that says more: silence says least. */
  private HttpException verdict(List<ConnectRace.Failure<InetSocketAddress>> failures) {
    Throwable telling = failures.getFirst().cause();
    for (ConnectRace.Failure<InetSocketAddress> failure : failures) {
      if (telling instanceof ConnectTimeoutException
          || failure.cause() instanceof ConnectException) {
        telling = failure.cause();
      }
    }
    return switch (telling) {
      case ConnectTimeoutException e -> new HttpException.TimedOut(server + " does not answer");
      case ConnectException e ->
          new HttpException.Unreachable(server + " refuses the connection", e);
      default ->
          new HttpException.Unreachable(
              server + " cannot be reached: " + telling.getMessage(), telling);
    };
  }

  private final class Attempts implements ConnectRace.Contest<InetSocketAddress, SocketChannel> {
    private final EventLoop loop;

    Attempts(EventLoop loop) {
      this.loop = loop;
    }

    @Override
    public Future<SocketChannel> connect(InetSocketAddress address) {
      Promise<SocketChannel> promise = loop.newPromise();
      ChannelFuture connecting =
          new Bootstrap()
              .group(loop)
              .channel(IoTransport.of(loop.parent()).socketChannel())
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
              .option(ChannelOption.AUTO_READ, false)
              .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
              .handler(new InputHold())
              .connect(address);
      connecting.addListener(
          done -> {
            if (!done.isSuccess()) {
              promise.tryFailure(done.cause());
            } else if (!promise.trySuccess((SocketChannel) connecting.channel())) {
              connecting.channel().close();
            }
          });
      promise.addListener(
          done -> {
            if (done.isCancelled()) {
              connecting.channel().close();
            }
          });
      return promise;
    }

    @Override
    public void discard(SocketChannel connection) {
      connection.close();
    }
  }
}
