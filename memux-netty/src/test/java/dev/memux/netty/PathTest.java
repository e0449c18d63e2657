package dev.memux.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicEndpoint;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicPathEvent;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections whose peer is suddenly elsewhere, or is gone. */
class PathTest {
  private static final byte[] KEY = new byte[QuicEndpoint.ROUTING_KEY_BYTES];

  private static QuicServer listen(Loopback loopback, InetSocketAddress address) throws Exception {
    return Loopback.get(
        loopback
            .server()
            .routingKey(KEY)
            .streamHandler(Loopback.initializer(Echo::new))
            .bind(address));
  }

  /** With NIO the port is free only once the selector has looked at the closed socket. */
  private static QuicServer listenAgain(Loopback loopback, InetSocketAddress address)
      throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Loopback.PATIENCE_SECONDS);
    while (true) {
      try {
        return listen(loopback, address);
      } catch (BindException e) {
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
      }
    }
  }

  private static MuxQuicStreamChannel echo(MuxQuicChannel client, Recorder answer, byte[] text)
      throws Exception {
    MuxQuicStreamChannel stream = Loopback.open(client, answer);
    stream.writeAndFlush(Unpooled.wrappedBuffer(text));
    return stream;
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void aServerThatStartsAgainWithItsKeyTellsItsOldClients(IoTransport transport) throws Exception {
    // RFC 9000 §10.3
    try (Loopback loopback = new Loopback(transport)) {
      QuicServer server = listen(loopback, Loopback.anyPort());
      MuxQuicChannel client = loopback.connect(server);
      Recorder before = new Recorder();
      echo(client, before, "before".getBytes(UTF_8));
      Loopback.await(() -> before.size() == 6);
      for (UdpDriver driver : server.drivers()) {
        driver.transport().close().sync(); // as a crash would, without a word to anybody
      }
      QuicServer again = listenAgain(loopback, server.localAddress());
      long askedNanos = System.nanoTime();
      echo(client, new Recorder(), "after".getBytes(UTF_8));
      assertTrue(client.closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
      long waitedNanos = System.nanoTime() - askedNanos;
      CloseReason reason = client.closeReason();
      assertNotNull(reason);
      assertEquals(CloseReason.Origin.STATELESS_RESET, reason.origin());
      // A round trip here is a millisecond; the idle timeout would be thirty seconds.
      assertTrue(waitedNanos < TimeUnit.SECONDS.toNanos(5), waitedNanos / 1e6 + " ms");
      Loopback.get(again.close());
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void aTransferGoesOnWhenTheClientsAddressChanges(IoTransport transport) throws Exception {
    // RFC 9000 §9
    try (Loopback loopback = new Loopback(transport);
        Loopback between = new Loopback(IoTransport.NIO)) {
      Recorder atServer = new Recorder();
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .childHandler(atServer)
                  .streamHandler(Loopback.initializer(Echo::new))
                  .bind(Loopback.anyPort()));
      try (RebindingNat nat = new RebindingNat(between.group.next(), server.localAddress())) {
        MuxQuicChannel client =
            (MuxQuicChannel)
                Loopback.get(loopback.client().connect(nat.address(), Loopback.SERVER_NAME));
        MuxQuicChannel accepted = Loopback.only(server);
        InetSocketAddress first = nat.clientAddress();
        assertEquals(first, accepted.remoteSocketAddress());
        byte[] data = new byte[1 << 20];
        new Random(1).nextBytes(data);
        Recorder answer = new Recorder();
        MuxQuicStreamChannel stream = echo(client, answer, data);
        Loopback.await(() -> answer.size() > data.length / 10);
        nat.rebind();
        stream.shutdownOutput();
        Loopback.await(answer::ended);
        assertArrayEquals(data, answer.bytes());
        Loopback.await(() -> atServer.event(QuicPathEvent.PeerMigrated.class).isPresent());
        QuicPathEvent event = atServer.event(QuicPathEvent.PeerMigrated.class).orElseThrow();
        assertNotEquals(first, event.remote());
        assertEquals(nat.clientAddress(), event.remote());
        assertEquals(nat.clientAddress(), accepted.remoteSocketAddress());
        client.close().sync();
      }
      Loopback.get(server.close());
    }
  }

  @Test
  void aRoutingKeyHasItsLength() {
    QuicServerBootstrap bootstrap = new QuicServerBootstrap();
    assertThrows(
        IllegalArgumentException.class,
        () -> bootstrap.routingKey(new byte[QuicEndpoint.ROUTING_KEY_BYTES - 1]));
  }
}
