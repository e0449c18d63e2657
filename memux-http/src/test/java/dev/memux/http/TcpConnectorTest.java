package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.IoTransport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to TCP servers, and what they tell before anybody listens. */
@Timeout(30)
final class TcpConnectorTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  // RFC 5737: nobody is there.
  private static final InetAddress NOBODY = InetAddress.ofLiteral("192.0.2.1");

  private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
  private final EventLoop loop = group.next();

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private static TcpConnector connector(String host, int port) {
    return new TcpConnector(new Origin(host, port), Duration.ofSeconds(5), true);
  }

  private static final class Noting extends ChannelInboundHandlerAdapter {
    private final StringBuilder heard = new StringBuilder();
    private final CompletableFuture<String> all = new CompletableFuture<>();

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf data = (ByteBuf) message;
      heard.append(data.toString(StandardCharsets.US_ASCII));
      data.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        all.complete(heard.toString());
      }
    }
  }

  @Test
  void handlersHearWhatHappenedBeforeTheyCame() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, LOOPBACK)) {
      CompletableFuture<SocketChannel> connecting =
          connector("127.0.0.1", server.getLocalPort()).connect(loop, List.of(LOOPBACK));
      try (Socket peer = server.accept()) {
        peer.getOutputStream().write("greeting".getBytes(StandardCharsets.US_ASCII));
        peer.shutdownOutput();
        SocketChannel channel = connecting.get(10, TimeUnit.SECONDS);
        loop.submit(() -> {}).sync(); // so that the end may come before the handler
        Noting noting = new Noting();
        assertTrue(loop.submit(() -> TcpConnector.handOver(channel, noting)).get());
        channel.config().setAutoRead(true);
        assertEquals("greeting", noting.all.get(10, TimeUnit.SECONDS));
        channel.close();
      }
    }
  }

  @Test
  void aConnectionThatWasLostMeanwhileHasNoHandlers() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, LOOPBACK)) {
      SocketChannel channel =
          connector("127.0.0.1", server.getLocalPort())
              .connect(loop, List.of(LOOPBACK))
              .get(10, TimeUnit.SECONDS);
      channel.close().sync();
      assertFalse(loop.submit(() -> TcpConnector.handOver(channel, new Noting())).get());
    }
  }

  // RFC 8305 §5
  @Test
  void anAddressThatIsSilentDoesNotHoldUpTheOthers() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, LOOPBACK)) {
      SocketChannel channel =
          connector("somewhere", server.getLocalPort())
              .connect(loop, List.of(NOBODY, LOOPBACK))
              .get(10, TimeUnit.SECONDS);
      assertEquals(LOOPBACK, channel.remoteAddress().getAddress());
      channel.close();
    }
  }

  @Test
  void tellsThatNobodyListens() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 10, LOOPBACK)) {
      port = free.getLocalPort();
    }
    CompletableFuture<SocketChannel> connecting =
        connector("localhost", port).connect(loop, List.of(LOOPBACK));
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> connecting.get(10, TimeUnit.SECONDS));
    assertInstanceOf(HttpException.Unreachable.class, failure.getCause());
    assertEquals("localhost:" + port + " refuses the connection", failure.getCause().getMessage());
  }

  @Test
  void tellsThatAHostDoesNotExist() {
    CompletableFuture<List<InetAddress>> resolving =
        connector("no-such-host.invalid", 80).resolve(loop);
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> resolving.get(10, TimeUnit.SECONDS));
    assertInstanceOf(HttpException.Unresolved.class, failure.getCause());
  }
}
