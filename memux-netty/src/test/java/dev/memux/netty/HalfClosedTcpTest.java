package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TCP channels whose peer has ended its direction, on the event loops that we make. */
@Timeout(30)
final class HalfClosedTcpTest {
  private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
  private final AtomicLong received = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final CompletableFuture<Throwable> ended = new CompletableFuture<>();
  private ServerSocket server;
  private Socket peer;
  private Channel channel;

  @BeforeEach
  void connect() throws Exception {
    server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
    ChannelFuture connecting =
        new Bootstrap()
            .group(group)
            .channel(IoTransport.preferred().socketChannel())
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .handler(new Noting())
            .connect(server.getLocalSocketAddress());
    peer = server.accept();
    channel = connecting.sync().channel();
  }

  @AfterEach
  void close() throws Exception {
    channel.close();
    peer.close();
    server.close();
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private final class Noting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf data = (ByteBuf) message;
      received.addAndGet(data.readableBytes());
      data.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        ended.complete(null);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failure.set(cause);
      ended.complete(cause);
    }
  }

  @Test
  void readingCanBeSwitchedOnAfterTheEnd() throws Exception {
    int total = 40_000;
    peer.getOutputStream().write(new byte[total]);
    peer.shutdownOutput();
    if (IoTransport.preferred() == IoTransport.EPOLL) {
      // Netty's epoll takes everything as soon as the end has come, although reading is paused.
      assertNull(ended.get(10, TimeUnit.SECONDS));
      channel.eventLoop().submit(() -> {}).sync();
    }
    channel.config().setAutoRead(true);
    assertNull(ended.get(10, TimeUnit.SECONDS));
    assertEquals(total, received.get());
    channel.eventLoop().submit(() -> {}).sync();
    assertNull(failure.get());
    assertTrue(channel.isActive());
  }

  @Test
  void whatHasToWaitForThePeerIsStillWrittenAfterItsEnd() throws Exception {
    channel.config().setAutoRead(true);
    peer.shutdownOutput();
    assertNull(ended.get(10, TimeUnit.SECONDS));
    channel.eventLoop().submit(() -> {}).sync();
    int total = 32 << 20;
    ChannelFuture written = channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[total]));
    CountDownLatch done = new CountDownLatch(1);
    AtomicLong arrived = new AtomicLong();
    Thread.startVirtualThread(
        () -> {
          try {
            arrived.addAndGet(peer.getInputStream().readNBytes(total).length);
          } catch (Exception e) {
            arrived.set(-1);
          }
          done.countDown();
        });
    written.get(10, TimeUnit.SECONDS);
    assertTrue(done.await(10, TimeUnit.SECONDS));
    assertEquals(total, arrived.get());
  }
}
