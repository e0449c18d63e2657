package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicTransportParameters;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How connections begin and end. */
@ParameterizedClass
@EnumSource(IoTransport.class)
class ConnectionTest {
  @Parameter IoTransport transport;
  private Loopback loopback;

  @BeforeEach
  void open() {
    loopback = new Loopback(transport);
  }

  @AfterEach
  void close() {
    loopback.close();
  }

  @Test
  void bothEndsBecomeActiveWhenTheHandshakeIsComplete() throws Exception {
    Recorder atServer = new Recorder();
    QuicServer server =
        Loopback.get(loopback.server().childHandler(atServer).bind(Loopback.anyPort()));
    Recorder atClient = new Recorder();
    MuxQuicChannel client = Loopback.connect(loopback.client().handler(atClient), server);
    assertTrue(client.isActive());
    assertTrue(atClient.active);
    Loopback.await(() -> atServer.event(SslHandshakeCompletionEvent.class).isPresent());
    assertTrue(atServer.active);
    assertEquals(
        Loopback.SERVER_NAME, atServer.event(SniCompletionEvent.class).orElseThrow().hostname());
    assertTrue(atServer.event(SslHandshakeCompletionEvent.class).orElseThrow().isSuccess());
    assertEquals(Loopback.ALPN, client.tlsSession().applicationProtocol());
    assertEquals(Loopback.ALPN, client.sslEngine().getApplicationProtocol());
    assertEquals(
        Loopback.CERTIFICATE.getCertificate(),
        client.sslEngine().getSession().getPeerCertificates()[0]);
    QuicTransportParameters parameters = client.peerTransportParameters();
    assertEquals(100, parameters.initialMaxStreamsBidi());
    assertEquals(server.localAddress(), client.remoteSocketAddress());
    assertNull(client.remoteAddress());
    assertNull(client.localAddress());
    assertEquals(
        ((InetSocketAddress) client.localSocketAddress()).getPort(),
        ((InetSocketAddress) Loopback.only(server).remoteSocketAddress()).getPort());
    Loopback.get(server.close());
  }

  @Test
  void thePeerSeesCodeAndReasonOfAClose() throws Exception {
    Recorder atServer = new Recorder();
    QuicServer server =
        Loopback.get(loopback.server().childHandler(atServer).bind(Loopback.anyPort()));
    MuxQuicChannel client = loopback.connect(server);
    Loopback.only(server);
    client.close(true, 0x1234, Unpooled.copiedBuffer("enough", StandardCharsets.UTF_8)).sync();
    assertFalse(client.isOpen());
    Loopback.await(() -> atServer.inactive);
    CloseReason reason = atServer.event(ConnectionClosedEvent.class).orElseThrow().reason();
    assertEquals(new CloseReason(CloseReason.Origin.PEER, true, 0x1234, 0, "enough"), reason);
    assertEquals(0, server.connectionCount());
    Loopback.get(server.close());
  }

  @Test
  void closingTheServerClosesItsConnectionsAndSockets() throws Exception {
    QuicServer server = loopback.listen(Recorder::new);
    Recorder atClient = new Recorder();
    MuxQuicChannel client = Loopback.connect(loopback.client().handler(atClient), server);
    Loopback.only(server);
    Loopback.get(server.close());
    assertTrue(client.closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    assertEquals(CloseReason.Origin.PEER, client.closeReason().origin());
    assertEquals(0, server.connectionCount());
    Loopback.await(() -> isFree(server.localAddress())); // NIO lets go with its next select
  }

  private static boolean isFree(InetSocketAddress address) {
    try {
      new DatagramSocket(address).close();
      return true;
    } catch (SocketException e) {
      return false;
    }
  }

  @Test
  void aServerThatStopsAcceptingRefusesNewConnectionsAndKeepsTheOthers() throws Exception {
    QuicServer server = loopback.listen(Echo::new);
    MuxQuicChannel before = loopback.connect(server);
    server.stopAccepting();
    Throwable refused =
        Loopback.failure(loopback.client().connect(server.localAddress(), Loopback.SERVER_NAME));
    CloseReason reason = assertInstanceOf(QuicConnectException.class, refused).reason();
    assertEquals(CloseReason.Origin.PEER, reason.origin());
    assertEquals(TransportError.CONNECTION_REFUSED, reason.code());
    Recorder answer = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(before, answer);
    stream.writeAndFlush(Unpooled.copiedBuffer("still here", StandardCharsets.UTF_8));
    stream.shutdownOutput();
    Loopback.await(answer::ended);
    assertEquals("still here", answer.text());
    Loopback.get(server.close());
  }

  @Test
  void newHandshakesSeeAReloadedCertificateAndOldConnectionsLive() throws Exception {
    QuicServer server = loopback.listen(Echo::new);
    MuxQuicChannel before = loopback.connect(server);
    X509Bundle renewed = Loopback.certificate();
    Loopback.get(server.reload(Loopback.serverTls(renewed, Loopback.ALPN)));
    MuxQuicChannel after =
        Loopback.connect(loopback.client(Loopback.clientTls(renewed, Loopback.ALPN)), server);
    assertEquals(renewed.getCertificate(), after.sslEngine().getSession().getPeerCertificates()[0]);
    Throwable failure =
        Loopback.failure(loopback.client().connect(server.localAddress(), Loopback.SERVER_NAME));
    assertTrue(failure.getMessage().contains("not trusted"), failure.getMessage());
    Recorder answer = new Recorder();
    Loopback.open(before, answer)
        .writeAndFlush(Unpooled.copiedBuffer("still here", StandardCharsets.UTF_8));
    Loopback.await(() -> answer.text().equals("still here"));
    Loopback.get(server.close());
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUpInTime() throws Exception {
    loopback.config(
        QuicConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(300)));
    try (DatagramSocket silent = new DatagramSocket(Loopback.anyPort())) {
      Recorder atClient = new Recorder();
      assertTimedOut(loopback.client().handler(atClient), address(silent), atClient);
    }
  }

  @Test
  void nettysConnectTimeoutHolds() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(Loopback.anyPort())) {
      Recorder atClient = new Recorder();
      QuicClientBootstrap impatient =
          loopback
              .client()
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 300)
              .config(QuicConfig.DEFAULT.withHandshakeTimeoutNanos(QuicConfig.MAX_TIMEOUT_NANOS));
      assertTimedOut(impatient.handler(atClient), address(silent), atClient);
    }
  }

  private static void assertTimedOut(
      QuicClientBootstrap client, InetSocketAddress silent, Recorder atClient) throws Exception {
    Throwable failure = Loopback.failure(client.connect(silent, Loopback.SERVER_NAME));
    assertInstanceOf(ConnectTimeoutException.class, failure);
    assertEquals("cannot connect to " + silent + ": handshake timed out", failure.getMessage());
    assertInstanceOf(MuxException.Timeout.class, MuxException.behind(failure));
    SslHandshakeCompletionEvent end =
        atClient.event(SslHandshakeCompletionEvent.class).orElseThrow();
    assertInstanceOf(SslHandshakeTimeoutException.class, end.cause());
  }

  // RFC 9000 §14.2.1
  @Test
  void aPortWhereNobodyListensFailsAtOnce() throws Exception {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "others may not tell");
    loopback.config(QuicConfig.DEFAULT.withHandshakeTimeoutNanos(QuicConfig.MAX_TIMEOUT_NANOS));
    Throwable failure =
        Loopback.failure(loopback.client().connect(closedPort(), Loopback.SERVER_NAME));
    assertEquals(
        CloseReason.Origin.CARRIER_LOST,
        assertInstanceOf(QuicConnectException.class, failure).reason().origin());
    assertInstanceOf(MuxException.CarrierLost.class, MuxException.behind(failure));
  }

  // RFC 9000 §14.2.1: anyone can send an ICMP message.
  @Test
  void aConnectionOutlivesAClaimThatItsPeerIsGone() throws Exception {
    QuicServer server = loopback.listen(Echo::new);
    MuxQuicChannel client = loopback.connect(server);
    DrivenConnection driven = (DrivenConnection) client.carrier();
    client.eventLoop().submit(() -> driven.driver().onUnreachable()).sync();
    Recorder answer = new Recorder();
    Loopback.open(client, answer)
        .writeAndFlush(Unpooled.copiedBuffer("still here", StandardCharsets.UTF_8));
    Loopback.await(() -> answer.text().equals("still here"));
    Loopback.get(server.close());
  }

  @Test
  void connectionsToOnePeerShareASocketAndOthersDoNot() throws Exception {
    QuicServer one = loopback.listen(Echo::new);
    QuicServer other = loopback.listen(Echo::new);
    QuicClientBootstrap client = loopback.client();
    SocketAddress first = Loopback.connect(client, one).localSocketAddress();
    assertEquals(first, Loopback.connect(client, one).localSocketAddress());
    assertNotEquals(first, Loopback.connect(client, other).localSocketAddress());
    QuicClientBootstrap fixed = loopback.client().localAddress(closedPort());
    SocketAddress common = Loopback.connect(fixed, one).localSocketAddress();
    assertEquals(common, Loopback.connect(fixed, other).localSocketAddress());
    Loopback.get(one.close());
    Loopback.get(other.close());
  }

  @Test
  void aCancelledConnectClosesTheChannel() throws Exception {
    Recorder atClient = new Recorder();
    try (DatagramSocket silent = new DatagramSocket(Loopback.anyPort())) {
      Future<QuicChannel> connecting =
          loopback.client().handler(atClient).connect(address(silent), Loopback.SERVER_NAME);
      Loopback.await(() -> atClient.channel != null);
      assertTrue(connecting.cancel(false));
      assertTrue(atClient.channel.closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void anUntrustedCertificateFailsOnBothSides() throws Exception {
    Recorder atServer = new Recorder();
    QuicServer server =
        Loopback.get(loopback.server().childHandler(atServer).bind(Loopback.anyPort()));
    TlsClientConfig suspicious =
        TlsClientConfig.builder().applicationProtocols(Loopback.ALPN).build(); // the JDK's anchors
    Throwable cause =
        Loopback.failure(
            loopback.client(suspicious).connect(server.localAddress(), Loopback.SERVER_NAME));
    assertHandshakeFailure(cause, atServer, "unknown_ca (48)");
    Loopback.get(server.close());
  }

  @Test
  void aCertificateForAnotherNameFailsOnBothSides() throws Exception {
    Recorder atServer = new Recorder();
    QuicServer server =
        Loopback.get(loopback.server().childHandler(atServer).bind(Loopback.anyPort()));
    Throwable cause =
        Loopback.failure(loopback.client().connect(server.localAddress(), "elsewhere.example"));
    assertHandshakeFailure(cause, atServer, "certificate_unknown (46)");
    Loopback.get(server.close());
  }

  @Test
  void noCommonApplicationProtocolFailsOnBothSides() throws Exception {
    Recorder atServer = new Recorder();
    QuicServer server =
        Loopback.get(loopback.server().childHandler(atServer).bind(Loopback.anyPort()));
    Throwable cause =
        Loopback.failure(
            loopback
                .client(Loopback.clientTls("other"))
                .connect(server.localAddress(), Loopback.SERVER_NAME));
    assertHandshakeFailure(cause, atServer, "no_application_protocol (120)");
    Loopback.get(server.close());
  }

  private static void assertHandshakeFailure(Throwable atClient, Recorder atServer, String alert) {
    QuicConnectException failure = assertInstanceOf(QuicConnectException.class, atClient);
    assertTrue(failure.getMessage().contains("TLS alert " + alert), failure.getMessage());
    Loopback.await(() -> atServer.event(ConnectionClosedEvent.class).isPresent());
    Throwable told = atServer.event(SslHandshakeCompletionEvent.class).orElseThrow().cause();
    assertNotNull(told);
    assertTrue(told.getMessage().contains("TLS alert " + alert), told.getMessage());
    assertFalse(atServer.active);
  }

  @Test
  void anIdleConnectionTimesOut() throws Exception {
    loopback.config(QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(200)));
    QuicServer server = loopback.listen(Recorder::new);
    MuxQuicChannel client = loopback.connect(server);
    assertTrue(client.closeFuture().await(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    assertTrue(client.isTimedOut());
    Loopback.await(() -> server.connectionCount() == 0);
    Loopback.get(server.close());
  }

  @Test
  void garbageDisturbsNobody() throws Exception {
    QuicServer server = loopback.listen(Echo::new);
    // A socket for all peers, which hears strangers.
    MuxQuicChannel client = Loopback.connect(loopback.client().localAddress(closedPort()), server);
    Random random = new Random(7);
    try (DatagramSocket stranger = new DatagramSocket()) {
      for (int i = 0; i < 500; i++) {
        byte[] garbage = new byte[random.nextInt(1500)];
        random.nextBytes(garbage);
        send(stranger, garbage, server.localAddress());
        send(stranger, garbage, (InetSocketAddress) client.localSocketAddress());
      }
    }
    Recorder answer = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, answer);
    stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[50_000]));
    stream.shutdownOutput();
    Loopback.await(answer::ended);
    assertEquals(50_000, answer.size());
    assertEquals(1, server.connectionCount());
    Loopback.get(server.close());
  }

  private static void send(DatagramSocket from, byte[] payload, InetSocketAddress to)
      throws Exception {
    InetSocketAddress loopback =
        new InetSocketAddress(Loopback.anyPort().getAddress(), to.getPort());
    from.send(new java.net.DatagramPacket(payload, payload.length, loopback));
  }

  @Test
  void aHandlerThatThrowsDoesNotStopTheOthers() throws Exception {
    QuicServer server =
        Loopback.get(
            loopback
                .server()
                .streamHandler(
                    Loopback.initializer(
                        () ->
                            new ChannelInboundHandlerAdapter() {
                              @Override
                              public void channelRead(ChannelHandlerContext ctx, Object message) {
                                io.netty.util.ReferenceCountUtil.release(message);
                                throw new IllegalStateException("on purpose");
                              }

                              @Override
                              public void exceptionCaught(
                                  ChannelHandlerContext ctx, Throwable cause) {
                                ctx.writeAndFlush(
                                    Unpooled.copiedBuffer(
                                        cause.getMessage(), StandardCharsets.UTF_8));
                              }
                            }))
                .bind(Loopback.anyPort()));
    MuxQuicChannel client = loopback.connect(server);
    for (int i = 0; i < 3; i++) {
      Recorder answer = new Recorder();
      Loopback.open(client, answer)
          .writeAndFlush(Unpooled.copiedBuffer("go", StandardCharsets.UTF_8));
      Loopback.await(() -> answer.text().equals("on purpose"));
    }
    Loopback.get(server.close());
  }

  @Test
  void aServerOnAllAddressesIsReachedOverEachLoopback() throws Exception {
    QuicServer server =
        Loopback.get(
            loopback
                .server()
                .streamHandler(Loopback.initializer(Echo::new))
                .bind(new InetSocketAddress(0)));
    List<InetAddress> addresses =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(InetAddress::isLoopbackAddress)
            .toList();
    assertFalse(addresses.isEmpty());
    for (InetAddress address : addresses) {
      InetSocketAddress remote = new InetSocketAddress(address, server.localAddress().getPort());
      QuicChannel client = Loopback.get(loopback.client().connect(remote, Loopback.SERVER_NAME));
      Recorder answer = new Recorder();
      MuxQuicStreamChannel stream = Loopback.open(client, answer);
      stream.writeAndFlush(Unpooled.copiedBuffer("here", StandardCharsets.UTF_8));
      Loopback.await(() -> answer.text().equals("here"));
    }
    Loopback.get(server.close());
  }

  @Test
  void whatIsMissingIsSaidAtOnce() throws Exception {
    assertThrows(
        IllegalStateException.class, () -> new QuicServerBootstrap().bind(Loopback.anyPort()));
    QuicServerBootstrap withoutHandler = loopback.server();
    assertThrows(IllegalStateException.class, () -> withoutHandler.bind(Loopback.anyPort()));
    InetSocketAddress unresolved = InetSocketAddress.createUnresolved("localhost", 4433);
    assertThrows(
        IllegalStateException.class,
        () -> new QuicClientBootstrap().connect(closedPort(), Loopback.SERVER_NAME));
    assertThrows(
        UnresolvedAddressException.class,
        () -> loopback.client().connect(unresolved, Loopback.SERVER_NAME));
  }

  @Test
  void onlyStreamsCanBeWrittenTo() throws Exception {
    QuicServer server = loopback.listen(Echo::new);
    MuxQuicChannel client = loopback.connect(server);
    assertInstanceOf(
        UnsupportedOperationException.class,
        Loopback.failure(client.writeAndFlush(Unpooled.directBuffer().writeByte(1))));
    assertTrue(client.isOpen());
    Loopback.get(server.close());
  }

  @Test
  void aPortInUseFailsToBind() throws Exception {
    try (DatagramSocket occupied = new DatagramSocket(Loopback.anyPort())) {
      InetSocketAddress taken = (InetSocketAddress) occupied.getLocalSocketAddress();
      Throwable cause =
          Loopback.failure(loopback.server().childHandler(new Recorder()).bind(taken));
      assertInstanceOf(java.io.IOException.class, cause);
    }
  }

  private static InetSocketAddress address(DatagramSocket socket) {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  /** A port that was free just now. */
  private static InetSocketAddress closedPort() throws SocketException {
    try (DatagramSocket gone = new DatagramSocket(Loopback.anyPort())) {
      return address(gone);
    }
  }
}
