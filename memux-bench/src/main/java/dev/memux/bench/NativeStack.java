package dev.memux.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.FlushStrategy;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecDispatcher;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;

/**
 * Netty's native one (quiche), set up as fast as it was found to be. Whole batches go to the kernel
 * and come from it at once (GSO, GRO), windows, socket buffers and packets are as large as memux's,
 * and with many connections it has a socket on each of its event loops (SO_REUSEPORT).
 */
final class NativeStack implements QuicStack {
  /** Packets in one segmented datagram, which holds 64 KB. */
  private static final int SEGMENTS = 44;

  private static final int SOCKET_BUFFER_BYTES = 4 << 20;
  private static final int RECEIVE_BUFFER_BYTES = 64 << 10;
  private static final int MAX_READS = 64;
  private static final long STREAM_WINDOW_BYTES = 16 << 20;
  private static final long CONNECTION_WINDOW_BYTES = 24 << 20;
  private static final String GROUP = "X25519";

  private static EventLoopGroup newGroup(Setting setting) {
    return new MultiThreadIoEventLoopGroup(setting.loops(), EpollIoHandler.newFactory());
  }

  private static <B extends QuicCodecBuilder<B>> B configure(B codec, Setting setting) {
    return codec
        .maxIdleTimeout(Setting.IDLE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .maxSendUdpPayloadSize(setting.packetBytes())
        .maxRecvUdpPayloadSize(setting.packetBytes())
        .initialMaxData(CONNECTION_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalLocal(STREAM_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalRemote(STREAM_WINDOW_BYTES)
        .initialMaxStreamDataUnidirectional(STREAM_WINDOW_BYTES)
        .initialMaxStreamsBidirectional(Setting.MAX_STREAMS)
        .initialMaxStreamsUnidirectional(Setting.MAX_STREAMS)
        .flushStrategy(FlushStrategy.afterNumPackets(SEGMENTS));
  }

  /** A UDP socket, for whatever bootstrap binds it. */
  private static EpollDatagramChannel newSocket() {
    EpollDatagramChannel channel = new EpollDatagramChannel();
    channel.config().setReceiveBufferSize(SOCKET_BUFFER_BYTES);
    channel.config().setSendBufferSize(SOCKET_BUFFER_BYTES);
    channel.config().setUdpGro(true);
    FixedRecvByteBufAllocator buffers = new FixedRecvByteBufAllocator(RECEIVE_BUFFER_BYTES);
    buffers.maxMessagesPerRead(MAX_READS);
    channel.config().setRecvByteBufAllocator(buffers);
    return channel;
  }

  @Override
  public Contender.Server listen(
      Setting setting, String[] protocols, ChannelHandler connections, ChannelHandler streams)
      throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forServer(
                setting.credentials().key().toFile(), null, setting.credentials().chain().toFile())
            .applicationProtocols(protocols)
            .option(BoringSSLContextOption.GROUPS, new String[] {GROUP})
            .build();
    QuicServerCodecBuilder codec =
        configure(new QuicServerCodecBuilder(), setting)
            .sslContext(tls)
            .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
            .option(
                QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                EpollQuicUtils.newSegmentedAllocator(SEGMENTS))
            .handler(connections)
            .streamHandler(streams);
    EventLoopGroup group = newGroup(setting);
    if (setting.loops() == 1) {
      return new Server(group, List.of(bind(group, codec.build(), 0)));
    }
    List<Channel> sockets = new ArrayList<>();
    Dispatcher dispatcher = new Dispatcher(codec);
    int port = 0;
    for (int i = 0; i < setting.loops(); i++) {
      Channel socket = bind(group, dispatcher, port);
      port = port(socket);
      sockets.add(socket);
    }
    return new Server(group, sockets);
  }

  private static Channel bind(EventLoopGroup group, ChannelHandler handler, int port)
      throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channelFactory(NativeStack::newSocket)
        .option(UnixChannelOption.SO_REUSEPORT, true)
        .handler(handler)
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .sync()
        .channel();
  }

  private static int port(Channel socket) {
    return ((InetSocketAddress) socket.localAddress()).getPort();
  }

  /** Hands a packet that came to the wrong socket to the one whose connection it is for. */
  private static final class Dispatcher extends QuicCodecDispatcher {
    private final QuicServerCodecBuilder codec;

    Dispatcher(QuicServerCodecBuilder codec) {
      this.codec = codec;
    }

    @Override
    protected void initChannel(
        Channel channel, int localConnectionIdLength, QuicConnectionIdGenerator ids) {
      channel
          .pipeline()
          .addLast(
              codec
                  .clone()
                  .localConnectionIdLength(localConnectionIdLength)
                  .connectionIdAddressGenerator(ids)
                  .build());
    }
  }

  @Override
  public Connector connector(
      Setting setting,
      String[] protocols,
      ChannelHandler connections,
      ChannelHandler streams,
      int port)
      throws Exception {
    CountingTrust trust = CountingTrust.in(setting.credentials().root());
    QuicSslContextBuilder tls =
        QuicSslContextBuilder.forClient()
            .trustManager(trust)
            .applicationProtocols(protocols)
            .option(BoringSSLContextOption.GROUPS, new String[] {GROUP});
    if (setting.workload() != Workload.RESUMED) {
      tls.sessionCacheSize(0);
    }
    EventLoopGroup group = newGroup(setting);
    List<Channel> sockets = new ArrayList<>();
    for (int i = 0; i < setting.loops(); i++) {
      QuicSslContext context = tls.build();
      QuicClientCodecBuilder codec =
          configure(new QuicClientCodecBuilder(), setting)
              .sslEngineProvider(
                  channel ->
                      context.newEngine(
                          channel.alloc(),
                          Credentials.SERVER_NAME,
                          // part of the name by which it finds a session to resume, and no more
                          1 + Objects.requireNonNull(channel.attr(Client.WORKER).get())));
      sockets.add(bind(group, codec.build(), 0));
    }
    return new Client(group, sockets, connections, streams, trust, port);
  }

  private record Server(EventLoopGroup group, List<Channel> sockets) implements Contender.Server {
    @Override
    public int port() {
      return NativeStack.port(sockets.getFirst());
    }

    @Override
    public void close() {
      sockets.forEach(socket -> socket.close().syncUninterruptibly());
      NettyFutures.shutdown(group);
    }
  }

  private record Client(
      EventLoopGroup group,
      List<Channel> sockets,
      ChannelHandler connections,
      ChannelHandler streams,
      CountingTrust trust,
      int port)
      implements Connector {
    static final AttributeKey<Integer> WORKER = AttributeKey.valueOf("worker");

    @Override
    public CompletableFuture<QuicChannel> connect(int worker) {
      return NettyFutures.of(
          QuicChannel.newBootstrap(sockets.get(worker % sockets.size()))
              .attr(WORKER, worker)
              .option(
                  QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                  EpollQuicUtils.newSegmentedAllocator(SEGMENTS))
              .handler(connections)
              .streamHandler(streams)
              .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .connect());
    }

    @Override
    public long fullHandshakes() {
      return trust.checks();
    }

    @Override
    public String description(QuicChannel connection) {
      SSLEngine tls = Objects.requireNonNull(connection.sslEngine());
      return tls.getSession().getCipherSuite() + ", quiche, epoll gro gso";
    }

    @Override
    public void close() {
      sockets.forEach(socket -> socket.close().syncUninterruptibly());
      NettyFutures.shutdown(group);
    }
  }
}
