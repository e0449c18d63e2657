package dev.memux.http.same;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicClientBootstrap;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.Pem;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelBootstrap;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** An implementation of Netty's QUIC channels: how it listens and connects, and nothing else. */
abstract sealed class QuicStack implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  /** Which implementation. */
  enum Kind {
    MEMUX,
    NATIVE;

    QuicStack open(String protocol) throws Exception {
      return switch (this) {
        case MEMUX -> new Memux(protocol);
        case NATIVE -> new Native(protocol);
      };
    }
  }

  final EventLoopGroup group;
  final String protocol;

  QuicStack(EventLoopGroup group, String protocol) {
    this.group = group;
    this.protocol = protocol;
  }

  /** Listens on a free port of the loopback interface; {@code streamHandler} may be null. */
  abstract InetSocketAddress listen(ChannelHandler connectionHandler, ChannelHandler streamHandler)
      throws Exception;

  /** Connects; {@code streamHandler}, for streams of the server, may be null. */
  abstract QuicChannel connect(
      InetSocketAddress server, ChannelHandler connectionHandler, ChannelHandler streamHandler)
      throws Exception;

  @Override
  public void close() {
    group
        .shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  }

  private static Path resource(String name) throws Exception {
    return Path.of(QuicStack.class.getResource("/dev/memux/http/" + name).toURI());
  }

  /** memux. */
  private static final class Memux extends QuicStack {
    private QuicServer server;

    Memux(String protocol) {
      super(IoTransport.preferred().newEventLoopGroup(1), protocol);
    }

    @Override
    InetSocketAddress listen(ChannelHandler connectionHandler, ChannelHandler streamHandler)
        throws Exception {
      TlsServerConfig tls =
          TlsServerConfig.builder()
              .credentials(
                  TlsCredentials.fromPem(
                      resource("localhost-cert.pem"), resource("localhost-key.pem")))
              .applicationProtocols(protocol)
              .build();
      QuicServerBootstrap bootstrap =
          new QuicServerBootstrap().group(group).tls(tls).childHandler(connectionHandler);
      if (streamHandler != null) {
        bootstrap.streamHandler(streamHandler);
      }
      server = bootstrap.bind(anyPort()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return server.localAddress();
    }

    @Override
    QuicChannel connect(
        InetSocketAddress server, ChannelHandler connectionHandler, ChannelHandler streamHandler)
        throws Exception {
      TlsClientConfig tls =
          TlsClientConfig.builder()
              .trustedCertificates(Pem.certificates(resource("localhost-cert.pem")))
              .applicationProtocols(protocol)
              .build();
      QuicClientBootstrap bootstrap =
          new QuicClientBootstrap().group(group).tls(tls).handler(connectionHandler);
      if (streamHandler != null) {
        bootstrap.streamHandler(streamHandler);
      }
      return bootstrap.connect(server, "localhost").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      if (server != null) {
        server.close().awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
      }
      super.close();
    }
  }

  /** Netty's own, on a native library. */
  private static final class Native extends QuicStack {
    /** What memux has by default, and Netty leaves to its user. */
    private static final MuxConfig LIMITS = MuxConfig.DEFAULT;

    private final Deque<Channel> sockets = new ArrayDeque<>();

    Native(String protocol) {
      super(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()), protocol);
    }

    @Override
    InetSocketAddress listen(ChannelHandler connectionHandler, ChannelHandler streamHandler)
        throws Exception {
      QuicServerCodecBuilder codec =
          new QuicServerCodecBuilder()
              .sslContext(
                  QuicSslContextBuilder.forServer(
                          resource("localhost-key.pem").toFile(),
                          null,
                          resource("localhost-cert.pem").toFile())
                      .applicationProtocols(protocol)
                      .build())
              .handler(connectionHandler);
      if (streamHandler != null) {
        codec.streamHandler(streamHandler);
      }
      return (InetSocketAddress) bind(limits(codec)).localAddress();
    }

    @Override
    QuicChannel connect(
        InetSocketAddress server, ChannelHandler connectionHandler, ChannelHandler streamHandler)
        throws Exception {
      QuicSslContext tls =
          QuicSslContextBuilder.forClient()
              .trustManager(resource("localhost-cert.pem").toFile())
              .applicationProtocols(protocol)
              .build();
      QuicClientCodecBuilder codec =
          new QuicClientCodecBuilder()
              .sslEngineProvider(
                  channel -> tls.newEngine(channel.alloc(), "localhost", server.getPort()));
      QuicChannelBootstrap bootstrap =
          QuicChannel.newBootstrap(bind(limits(codec)))
              .handler(connectionHandler)
              .remoteAddress(server);
      if (streamHandler != null) {
        bootstrap.streamHandler(streamHandler);
      }
      return bootstrap.connect().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private Channel bind(QuicCodecBuilder<?> codec) throws InterruptedException {
      Channel socket =
          new Bootstrap()
              .group(group)
              .channel(NioDatagramChannel.class)
              .handler(codec.build())
              .bind(anyPort())
              .sync()
              .channel();
      sockets.push(socket);
      return socket;
    }

    private static <B extends QuicCodecBuilder<B>> B limits(B codec) {
      return codec
          .maxIdleTimeout(30, TimeUnit.SECONDS)
          .initialMaxData(LIMITS.connectionWindowBytes())
          .initialMaxStreamDataBidirectionalLocal(LIMITS.streamWindowBytes())
          .initialMaxStreamDataBidirectionalRemote(LIMITS.streamWindowBytes())
          .initialMaxStreamDataUnidirectional(LIMITS.streamWindowBytes())
          .initialMaxStreamsBidirectional(LIMITS.maxBidiStreams())
          .initialMaxStreamsUnidirectional(LIMITS.maxUniStreams());
    }

    @Override
    public void close() {
      sockets.forEach(socket -> socket.close().awaitUninterruptibly());
      super.close();
    }
  }
}
