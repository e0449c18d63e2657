package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.wire.TransportError;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionStats;
import io.netty.util.concurrent.Future;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How loops, sockets and connections share the work. */
class UdpDriverTest {

  @Test
  void theKernelSpreadsConnectionsOverTheLoops() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.EPOLL, 2)) {
      QuicServer server = loopback.listen(Echo::new);
      assertEquals(2, server.socketCount());
      List<Future<QuicChannel>> connecting = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        // A bootstrap, and so a socket and a port, of its own: the kernel spreads by address.
        connecting.add(loopback.client().connect(server.localAddress(), Loopback.SERVER_NAME));
      }
      for (Future<QuicChannel> each : connecting) {
        QuicChannel client = Loopback.get(each);
        assertEcho(client, "through port " + client.localSocketAddress());
      }
      assertEquals(100, server.connectionCount());
      Map<EventLoop, Long> perLoop =
          server.connections().stream()
              .collect(Collectors.groupingBy(Channel::eventLoop, Collectors.counting()));
      assertEquals(2, perLoop.size());
      perLoop.values().forEach(count -> assertTrue(count >= 20, perLoop.toString()));
      Loopback.get(server.close());
    }
  }

  @Test
  void withNioOneSocketServesAll() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.NIO, 2)) {
      QuicServer server = loopback.listen(Echo::new);
      assertEquals(1, server.socketCount());
      Loopback.get(server.close());
    }
  }

  @Test
  void connectionsOfAClientShareASocketUntilTheLastIsGone() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred(), 1)) {
      QuicServer server = loopback.listen(Echo::new);
      QuicClientBootstrap bootstrap = loopback.client();
      MuxQuicChannel first = Loopback.connect(bootstrap, server);
      MuxQuicChannel second = Loopback.connect(bootstrap, server);
      assertEquals(first.localSocketAddress(), second.localSocketAddress());
      Channel socket = first.parent();
      first.close().sync();
      assertEcho(second, "still open");
      second.close().sync();
      assertTrue(socket.closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
      MuxQuicChannel third = Loopback.connect(bootstrap, server);
      assertNotSame(socket, third.parent());
      assertEcho(third, "a new socket");
      Loopback.get(server.close());
    }
  }

  @Test
  void datagramsOfAnotherLoopsConnectionAreHandedToIt() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.EPOLL, 2)) {
      QuicServer server = loopback.listen(Echo::new);
      try (Detour detour = new Detour(server, loopback.client())) {
        assertEcho(detour.client, "the long way round");
        assertFalse(detour.datagrams.isEmpty());
        assertEquals(0, detour.owner.droppedForwards());
      }
      Loopback.get(server.close());
    }
  }

  @Test
  void forwardedDatagramsAboveTheBoundAreDropped() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.EPOLL, 2)) {
      // Not the clients' loops: one of these is about to stand still.
      try (Loopback clients = new Loopback(IoTransport.EPOLL, 1)) {
        QuicServer server = loopback.listen(Echo::new);
        try (Detour detour = new Detour(server, clients.client())) {
          assertEcho(detour.client, "to have a datagram");
          byte[] known = detour.datagrams.getLast();
          CountDownLatch held = new CountDownLatch(1);
          CountDownLatch hold = new CountDownLatch(1);
          detour
              .owner
              .eventLoop()
              .execute(
                  () -> {
                    held.countDown();
                    awaitUninterruptibly(hold);
                  });
          held.await();
          int extra = 50;
          Future<?> flooded =
              detour
                  .other
                  .eventLoop()
                  .submit(
                      () -> {
                        for (int i = 0; i < ForwardingQueue.MAX_DATAGRAMS + extra; i++) {
                          detour.arriveAtOther(known);
                        }
                      });
          try {
            Loopback.get(flooded);
            // The client may have sent something, too.
            long dropped = detour.owner.droppedForwards();
            assertTrue(dropped >= extra && dropped < 2L * extra, dropped + " dropped");
          } finally {
            hold.countDown();
          }
          assertEcho(detour.client, "after the flood");
        }
        Loopback.get(server.close());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void aFullSocketStopsTransmissionUntilItHasRoom(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      QuicServer server = loopback.listen(Echo::new);
      MuxQuicChannel client = loopback.connect(server);
      assertEcho(client, "before");
      Channel socket = Loopback.only(server).parent();
      setWritable(socket, false);
      long sentBefore = statistics(server).sentBytes();
      Recorder answer = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(client, answer);
      stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[100_000]));
      stream.shutdownOutput();
      // The server's loop has seen what there is to answer, more than once.
      long received = statistics(server).recv();
      Loopback.await(() -> statistics(server).recv() > received + 5);
      // It had no reason to doubt the socket before its first batches.
      long batches = statistics(server).sentBytes() - sentBefore;
      assertTrue(batches <= 8 * 65_507, batches + " bytes sent into a full socket");
      assertFalse(answer.ended());
      setWritable(socket, true);
      Loopback.await(answer::ended);
      assertEquals(100_000, answer.size());
      Loopback.get(server.close());
    }
  }

  private static void setWritable(Channel socket, boolean writable) {
    socket
        .eventLoop()
        .submit(() -> socket.unsafe().outboundBuffer().setUserDefinedWritability(1, writable))
        .syncUninterruptibly();
  }

  private static QuicConnectionStats statistics(QuicServer server) {
    return Loopback.only(server).collectStats().syncUninterruptibly().getNow();
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void aFailureCostsOneConnectionAndNotTheLoop(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      Recorder failed = new Recorder();
      AtomicInteger connections = new AtomicInteger();
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .childHandler(
                      Loopback.initializer(
                          (MuxQuicChannel channel) -> {
                            if (connections.getAndIncrement() == 0) {
                              channel.pipeline().addLast(failed);
                              driven(channel).listener(new Failing(channel.listener()));
                            }
                          }))
                  .streamHandler(Loopback.initializer(Echo::new))
                  .bind(Loopback.anyPort()));
      // By then its own handshake is complete.
      Loopback.get(loopback.client().connect(server.localAddress(), Loopback.SERVER_NAME));
      Loopback.await(() -> failed.event(ConnectionClosedEvent.class).isPresent());
      CloseReason reason = failed.event(ConnectionClosedEvent.class).orElseThrow().reason();
      assertEquals(TransportError.INTERNAL_ERROR, reason.code());
      assertTrue(reason.reason().contains("on purpose"), reason.toString());
      assertEcho(loopback.connect(server), "the loop lives");
      Loopback.get(server.close());
    }
  }

  private static DrivenConnection driven(MuxQuicChannel channel) {
    return (DrivenConnection) channel.carrier();
  }

  /** An engine that fails as soon as there are events. */
  private record Failing(ConnectionListener next) implements ConnectionListener {
    @Override
    public void onEvents() {
      throw new IllegalStateException("on purpose");
    }

    @Override
    public void onAbandoned(CloseReason reason) {
      next.onAbandoned(reason);
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void channelsCloseWhenTheirEventLoopsShutDown(IoTransport transport) throws Exception {
    Recorder atClient = new Recorder();
    try (Loopback servers = new Loopback(transport)) {
      QuicServer server = servers.listen(Echo::new);
      Loopback clients = new Loopback(transport);
      MuxQuicChannel client = Loopback.connect(clients.client().handler(atClient), server);
      MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
      clients.close(10); // without a quiet period Netty may end a loop and leave its sockets open
      assertTrue(atClient.inactive);
      assertFalse(stream.isOpen());
      Loopback.get(server.close());
    }
  }

  @Test
  void anEndpointThatAcceptsNothingStaysSilent() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.preferred())) {
      EventLoop loop = loopback.group.next();
      QuicEndpoint endpoint =
          new QuicEndpoint(QuicConfig.DEFAULT, null, 0, new byte[16], new SecureRandom());
      UdpDriver driver =
          new UdpDriver(
              loop,
              loopback.transport(),
              false,
              endpoint,
              0,
              new UdpDriver.Acceptor() {
                @Override
                public void onAccept(DrivenConnection connection) {
                  throw new AssertionError("accepted " + connection.remote());
                }

                @Override
                public void onIdle(UdpDriver idle) {
                  throw new AssertionError("had connections");
                }
              });
      Loopback.get(driver.bind(Loopback.anyPort()));
      loopback.config(
          QuicConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(300)));
      Throwable cause =
          Loopback.failure(loopback.client().connect(driver.local(), Loopback.SERVER_NAME));
      assertInstanceOf(ConnectTimeoutException.class, cause);
      loop.submit(driver::close).sync();
      assertFalse(driver.transport().isOpen());
    }
  }

  private static void assertEcho(QuicChannel client, String text) throws Exception {
    Recorder answer = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, answer);
    stream.writeAndFlush(Unpooled.copiedBuffer(text, java.nio.charset.StandardCharsets.UTF_8));
    stream.shutdownOutput();
    Loopback.await(answer::ended);
    assertEquals(text, answer.text());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Has what the only client sends arrive at the loop that is not its connection's; in copies. */
  private static final class Detour implements AutoCloseable {
    final List<byte[]> datagrams = new CopyOnWriteArrayList<>();
    final MuxQuicChannel client;
    final UdpDriver owner;
    final UdpDriver other;
    private final Loopback between = new Loopback(IoTransport.NIO);
    private final RebindingNat nat;

    Detour(QuicServer server, QuicClientBootstrap bootstrap) throws Exception {
      nat = new RebindingNat(between.group.next(), server.localAddress());
      client =
          (MuxQuicChannel) Loopback.get(bootstrap.connect(nat.address(), Loopback.SERVER_NAME));
      UdpDriver first = server.drivers().getFirst();
      boolean isFirst = first.eventLoop().equals(Loopback.only(server).eventLoop());
      owner = isFirst ? first : server.drivers().getLast();
      other = isFirst ? server.drivers().getLast() : first;
      nat.divert(
          datagram -> {
            datagrams.add(datagram.clone());
            other.eventLoop().execute(() -> arriveAtOther(datagram));
          });
    }

    /** On the loop of {@link #other}. */
    void arriveAtOther(byte[] datagram) {
      byte[] copy = datagram.clone(); // it is written to
      other.onDatagrams(nat.clientAddress(), copy, 0, copy.length, copy.length, 0);
    }

    @Override
    public void close() {
      client.close().syncUninterruptibly();
      nat.close();
      between.close();
    }
  }
}
