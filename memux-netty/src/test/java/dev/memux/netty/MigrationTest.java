package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.MigrationPolicy;
import dev.memux.engine.quic.MigrationStart;
import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that move of their own will (RFC 9000 §9.2), and servers that prefer another address. */
class MigrationTest {
  private static final QuicConfig FORBIDDING =
      QuicConfig.DEFAULT.withMigration(MigrationPolicy.DEFAULT.withActiveMigration(false));

  private static InetSocketAddress host(int last) {
    return new InetSocketAddress("127.0.0." + last, 0);
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void aTransferGoesOnFromAnotherPortAndFromAnotherAddress(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .streamHandler(Loopback.initializer(Echo::new))
                  .bind(new InetSocketAddress(0)));
      InetSocketAddress there =
          new InetSocketAddress(host(1).getAddress(), server.localAddress().getPort());
      MuxQuicChannel client =
          (MuxQuicChannel) Loopback.get(loopback.client().connect(there, Loopback.SERVER_NAME));
      MuxQuicChannel accepted = Loopback.only(server);
      InetSocketAddress first = (InetSocketAddress) client.localSocketAddress();
      byte[] data = new byte[1 << 20];
      new Random(1).nextBytes(data);
      Recorder answer = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(client, answer);
      int third = data.length / 3;
      stream.writeAndFlush(Unpooled.wrappedBuffer(data, 0, third));
      Loopback.await(() -> answer.size() > third / 2);

      InetSocketAddress second = Loopback.get(client.migrate(host(1)));
      assertEquals(first.getAddress(), second.getAddress());
      assertNotEquals(first.getPort(), second.getPort());
      assertEquals(second, client.localSocketAddress());
      stream.writeAndFlush(Unpooled.wrappedBuffer(data, third, third));
      Loopback.await(() -> answer.size() == 2 * third);
      assertEquals(second, accepted.remoteSocketAddress());

      InetSocketAddress last = Loopback.get(client.migrate(host(2)));
      assertEquals(host(2).getAddress(), last.getAddress());
      stream.writeAndFlush(Unpooled.wrappedBuffer(data, 2 * third, data.length - 2 * third));
      stream.shutdownOutput();
      Loopback.await(answer::ended);
      assertArrayEquals(data, answer.bytes());
      assertEquals(last, accepted.remoteSocketAddress());
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  @Test
  void thePathsHaveFiguresOfTheirOwn() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.NIO)) {
      QuicServer server = loopback.listen(Echo::new);
      MuxQuicChannel client = loopback.connect(server);
      assertTrue(Loopback.get(client.collectPathStats(0)).active());
      InetSocketAddress moved = Loopback.get(client.migrate(Loopback.anyPort()));
      QuicConnectionPathStats left = Loopback.get(client.collectPathStats(0));
      QuicConnectionPathStats used = Loopback.get(client.collectPathStats(1));
      assertFalse(left.active());
      assertTrue(used.active());
      assertEquals(moved, used.localAddress());
      assertEquals(server.localAddress(), used.peerAddress());
      assertTrue(used.sentBytes() >= QuicConfig.MIN_DATAGRAM_BYTES);
      assertTrue(used.pmtu() >= QuicConfig.MIN_DATAGRAM_BYTES);
      assertTrue(used.recv() > 0);
      assertEquals(2, Loopback.get(client.collectStats()).pathsCount());
      assertInstanceOf(
          IndexOutOfBoundsException.class, Loopback.failure(client.collectPathStats(2)));
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  @Test
  void aServerThatForbidsItIsNotLeft() throws Exception {
    // RFC 9000 §18.2
    try (Loopback loopback = new Loopback(IoTransport.NIO).config(FORBIDDING)) {
      QuicServer server = loopback.listen(Echo::new);
      MuxQuicChannel client = loopback.connect(server);
      Loopback.only(server);
      InetSocketAddress before = (InetSocketAddress) client.localSocketAddress();
      MigrationException refused =
          assertInstanceOf(
              MigrationException.class, Loopback.failure(client.migrate(Loopback.anyPort())));
      assertEquals(MigrationStart.DISABLED_BY_SERVER, refused.start());
      assertEquals(before, client.localSocketAddress());
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  @Test
  void anAddressThatCannotBeBoundChangesNothing() throws Exception {
    try (Loopback loopback = new Loopback(IoTransport.NIO);
        DatagramSocket taken = new DatagramSocket(Loopback.anyPort())) {
      QuicServer server = loopback.listen(Echo::new);
      MuxQuicChannel client = loopback.connect(server);
      InetSocketAddress before = (InetSocketAddress) client.localSocketAddress();
      InetSocketAddress there = (InetSocketAddress) taken.getLocalSocketAddress();
      assertInstanceOf(SocketException.class, Loopback.failure(client.migrate(there)));
      assertEquals(before, client.localSocketAddress());
      assertTrue(client.isActive());
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  @Test
  void aServersEndDoesNotMove() throws Exception {
    // RFC 9000 §9
    try (Loopback loopback = new Loopback(IoTransport.NIO)) {
      QuicServer server = loopback.listen(Echo::new);
      MuxQuicChannel client = loopback.connect(server);
      MuxQuicChannel accepted = Loopback.only(server);
      assertInstanceOf(
          MigrationException.class, Loopback.failure(accepted.migrate(Loopback.anyPort())));
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  private static int freePort() throws SocketException {
    try (DatagramSocket any = new DatagramSocket(Loopback.anyPort())) {
      return any.getLocalPort();
    }
  }

  /** Another program may take the port that was free a moment ago. */
  private static QuicServer preferring(Loopback loopback, InetAddress host) throws Exception {
    while (true) {
      InetSocketAddress preferred = new InetSocketAddress(host, freePort());
      QuicConfig config =
          QuicConfig.DEFAULT.withMigration(
              MigrationPolicy.DEFAULT.withPreferredAddress(preferred, null));
      try {
        return Loopback.get(
            loopback
                .server()
                .config(config)
                .streamHandler(Loopback.initializer(Echo::new))
                .bind(new InetSocketAddress(host(1).getAddress(), 0)));
      } catch (BindException e) {
        assertNotEquals("", preferred.toString()); // try another one
      }
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void clientsGoToTheAddressThatTheServerPrefers(IoTransport transport) throws Exception {
    // RFC 9000 §9.6; two loops share both addresses, and the kernel may take packets to either.
    try (Loopback loopback = new Loopback(transport, 2)) {
      QuicServer server = preferring(loopback, host(3).getAddress());
      MuxQuicChannel client = loopback.connect(server);
      Loopback.await(
          () ->
              client.remoteSocketAddress() instanceof InetSocketAddress there
                  && there.getAddress().equals(host(3).getAddress()));
      byte[] data = new byte[1 << 18];
      new Random(2).nextBytes(data);
      Recorder answer = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(client, answer);
      stream.writeAndFlush(Unpooled.wrappedBuffer(data));
      stream.shutdownOutput();
      Loopback.await(answer::ended);
      assertArrayEquals(data, answer.bytes());
      client.close().sync();
      Loopback.get(server.close());
    }
  }

  @Test
  void whoDoesNotWantToGoStays() throws Exception {
    try (Loopback loopback =
        new Loopback(IoTransport.NIO)
            .config(
                QuicConfig.DEFAULT.withMigration(
                    MigrationPolicy.DEFAULT.withFollowsPreferred(false)))) {
      QuicServer server = preferring(loopback, host(3).getAddress());
      MuxQuicChannel client = loopback.connect(server);
      Recorder answer = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(client, answer);
      stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[100_000]));
      stream.shutdownOutput();
      Loopback.await(answer::ended);
      assertEquals(server.localAddress(), client.remoteSocketAddress());
      client.close().sync();
      Loopback.get(server.close());
    }
  }
}
