package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.AlertDescription;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** QMux over TLS and TCP, as Netty's users see it. */
final class TcpTest {
  @Nested
  final class OnEpoll extends Contract {
    OnEpoll() {
      super(IoTransport.EPOLL);
    }
  }

  @Nested
  final class OnNio extends Contract {
    OnNio() {
      super(IoTransport.NIO);
    }
  }

  @Timeout(60)
  abstract static class Contract {
    final Loopback loopback;

    Contract(IoTransport transport) {
      loopback = new Loopback(transport);
    }

    @AfterEach
    void close() {
      loopback.close();
    }

    private QuicServerBootstrap server() throws Exception {
      return loopback
          .server()
          .carrier(CarrierType.TCP)
          .streamHandler(Loopback.initializer(Echo::new));
    }

    private QuicServer listen() throws Exception {
      return Loopback.get(server().bind(Loopback.anyPort()));
    }

    private Future<QuicChannel> connect(TlsClientConfig tls, InetSocketAddress at, String name) {
      return loopback.client(tls).carrier(CarrierType.TCP).connect(at, name);
    }

    private MuxQuicChannel connect(QuicServer server) throws Exception {
      return Loopback.connect(loopback.client().carrier(CarrierType.TCP), server);
    }

    private MuxException failure(TlsClientConfig tls, InetSocketAddress at, String name)
        throws Exception {
      return MuxException.behind(Loopback.failure(connect(tls, at, name)));
    }

    @Test
    void bytesGoThereAndBack() throws Exception {
      QuicServer server = listen();
      MuxQuicChannel channel = connect(server);
      byte[] content = new byte[3_000_000];
      new Random(1).nextBytes(content);
      Recorder recorder = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(channel, recorder);
      stream.writeAndFlush(Unpooled.wrappedBuffer(content));
      stream.shutdownOutput();
      Loopback.await(recorder::ended);
      assertArrayEquals(content, recorder.bytes());
      assertEquals(Loopback.ALPN, channel.tlsSession().applicationProtocol());
      assertEquals(Loopback.SERVER_NAME, Loopback.only(server).tlsSession().serverName());
      Loopback.get(server.close());
      Loopback.await(() -> recorder.inactive);
    }

    @Test
    void aCertificateThatNobodyTrustsIsRefused() throws Exception {
      MuxException failure =
          failure(
              Loopback.clientTls(Loopback.certificate(), Loopback.ALPN),
              listen().localAddress(),
              Loopback.SERVER_NAME);
      assertTrue(assertInstanceOf(MuxException.Transport.class, failure).isCertificateRefused());
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
      MuxException failure =
          failure(Loopback.clientTls(Loopback.ALPN), listen().localAddress(), "example.org");
      assertTrue(assertInstanceOf(MuxException.Transport.class, failure).isCertificateRefused());
    }

    @Test
    void withoutACommonApplicationProtocolThereIsNoConnection() throws Exception {
      // QMux §8.1, RFC 7301 §3.2
      MuxException failure =
          failure(Loopback.clientTls("another"), listen().localAddress(), Loopback.SERVER_NAME);
      MuxException.Transport alert = assertInstanceOf(MuxException.Transport.class, failure);
      assertEquals(
          TransportError.CRYPTO_ERROR + AlertDescription.NO_APPLICATION_PROTOCOL.code(),
          alert.code());
      assertTrue(alert.isByPeer());
    }

    @Test
    void wherePlainTextIsSpokenTlsFails() throws Exception {
      try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        Future<QuicChannel> connecting =
            connect(
                Loopback.clientTls(Loopback.ALPN),
                (InetSocketAddress) plain.getLocalSocketAddress(),
                Loopback.SERVER_NAME);
        try (Socket accepted = plain.accept()) {
          accepted.getOutputStream().write("220 mail\r\n".getBytes(StandardCharsets.US_ASCII));
          assertInstanceOf(
              MuxException.Transport.class, MuxException.behind(Loopback.failure(connecting)));
        }
      }
    }

    @Test
    void wherePortsAreClosedTheCarrierIsLost() throws Exception {
      InetSocketAddress nobody;
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        nobody = (InetSocketAddress) socket.getLocalSocketAddress();
      }
      assertInstanceOf(
          MuxException.CarrierLost.class,
          failure(Loopback.clientTls(Loopback.ALPN), nobody, Loopback.SERVER_NAME));
    }

    @Test
    void whoDoesNotAnswerIsNotWaitedForLong() throws Exception {
      loopback.config(
          QuicConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(200)));
      try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        Future<QuicChannel> connecting =
            connect(
                Loopback.clientTls(Loopback.ALPN),
                (InetSocketAddress) silent.getLocalSocketAddress(),
                Loopback.SERVER_NAME);
        Throwable failure = Loopback.failure(connecting);
        assertInstanceOf(ConnectTimeoutException.class, failure);
        assertInstanceOf(MuxException.Timeout.class, MuxException.behind(failure));
      }
    }

    @Test
    void aResetOfTcpLosesTheCarrier() throws Exception {
      // QMux §7.4
      QuicServer server = listen();
      MuxQuicChannel channel = connect(server);
      Recorder recorder = new Recorder();
      Loopback.open(channel, recorder).writeAndFlush(Unpooled.wrappedBuffer(new byte[100]));
      Loopback.await(() -> recorder.size() == 100);
      MuxQuicChannel far = Loopback.only(server);
      far.parent().config().setOption(ChannelOption.SO_LINGER, 0);
      far.eventLoop().execute(() -> far.parent().pipeline().firstContext().close());
      Loopback.await(() -> !channel.isOpen());
      assertInstanceOf(MuxException.CarrierLost.class, MuxException.of(channel.closeReason()));
      assertTrue(
          channel.closeReason().reason().contains("reset"), channel.closeReason().toString());
    }

    @Test
    void tcpThatEndsWithoutTlsSayingSoLosesTheCarrier() throws Exception {
      // RFC 8446 §6.1: anyone on the path can send a FIN.
      QuicServer server = listen();
      MuxQuicChannel channel = connect(server);
      MuxQuicChannel far = Loopback.only(server);
      ((DuplexChannel) far.parent()).shutdownOutput(); // past TLS
      Loopback.await(() -> !channel.isOpen());
      assertInstanceOf(MuxException.CarrierLost.class, MuxException.of(channel.closeReason()));
      assertTrue(
          channel.closeReason().reason().contains("close_notify"),
          channel.closeReason().toString());
    }

    @Test
    void bothEndsCloseWithACodeAndAReason() throws Exception {
      QuicServer server = listen();
      MuxQuicChannel channel = connect(server);
      MuxQuicChannel far = Loopback.only(server);
      far.close(true, 77, Unpooled.copiedBuffer("enough", StandardCharsets.UTF_8));
      Loopback.await(() -> !channel.isOpen());
      MuxException.Peer failure =
          assertInstanceOf(MuxException.Peer.class, MuxException.of(channel.closeReason()));
      assertEquals(77, failure.code());
      assertEquals("enough", failure.reason());
      Loopback.await(() -> !channel.parent().isOpen() && !far.parent().isOpen());
    }

    @Test
    void ofTooManyHandshakesTheOldestGivesWay() throws Exception {
      loopback.config(QuicConfig.DEFAULT.withMaxHandshakes(2));
      QuicServer server = listen();
      InetSocketAddress at = server.localAddress();
      try (Socket first = new Socket(at.getAddress(), at.getPort());
          Socket second = new Socket(at.getAddress(), at.getPort());
          Socket third = new Socket(at.getAddress(), at.getPort())) {
        first.setSoTimeout((int) TimeUnit.SECONDS.toMillis(Loopback.PATIENCE_SECONDS));
        assertEquals(-1, first.getInputStream().read());
        assertTrue(second.isConnected() && third.isConnected());
        connect(server).close(); // the second gave way
      }
      Loopback.get(server.close());
    }

    @Test
    void aHandshakeHasABoundedTime() throws Exception {
      loopback.config(
          QuicConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(200)));
      InetSocketAddress at = listen().localAddress();
      try (Socket silent = new Socket(at.getAddress(), at.getPort())) {
        silent.setSoTimeout((int) TimeUnit.SECONDS.toMillis(Loopback.PATIENCE_SECONDS));
        while (silent.getInputStream().read() >= 0) {
          // An alert may come first.
        }
      }
    }

    @Test
    void withoutMemoryNewConnectionsAreRefused() throws Exception {
      ProcessMemory memory = new ProcessMemory(1 << 20);
      QuicServer server = Loopback.get(server().memory(memory).bind(Loopback.anyPort()));
      memory.add(memory.maxBytes());
      assertInstanceOf(
          MuxException.CarrierLost.class,
          failure(Loopback.clientTls(Loopback.ALPN), server.localAddress(), Loopback.SERVER_NAME));
      memory.add(-memory.maxBytes());
      connect(server);
      Loopback.get(server.close());
      Loopback.await(() -> memory.connections() == 0);
    }
  }
}
