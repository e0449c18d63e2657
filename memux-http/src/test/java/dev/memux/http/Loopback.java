package dev.memux.http;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.Pem;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A server and a client on this machine, over real sockets. */
final class Loopback implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(2);
  final Http3Service service;
  final QuicServer server;
  final Http3Client client;

  /** The server's connections. */
  final Queue<QuicChannel> serverChannels = new ConcurrentLinkedQueue<>();

  /** The client's connections, for tests that go below the client. */
  final Queue<QuicChannel> clientChannels = new ConcurrentLinkedQueue<>();

  Loopback(RequestHandler handler) throws Exception {
    this(handler, QuicConfig.DEFAULT, QuicConfig.DEFAULT);
  }

  Loopback(RequestHandler handler, QuicConfig serverConfig, QuicConfig clientConfig)
      throws Exception {
    this(handler, serverConfig, clientConfig, serverTls().build());
  }

  Loopback(
      RequestHandler handler,
      QuicConfig serverConfig,
      QuicConfig clientConfig,
      TlsServerConfig serverTls)
      throws Exception {
    service = new Http3Service(handler);
    server =
        new QuicServerBootstrap()
            .group(group)
            .config(serverConfig)
            .tls(serverTls)
            .childHandler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel channel) {
                    serverChannels.add(channel);
                    channel.pipeline().addLast(service.initializer());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
            .get(10, TimeUnit.SECONDS);
    client = client(clientConfig, trusting());
  }

  Origin origin() {
    return new Origin("127.0.0.1", server.localAddress().getPort());
  }

  ClientConnection connect() throws Exception {
    return client
        .connection(origin())
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** A client with other settings; it is closed with the event loops. */
  Http3Client client(QuicConfig config, TlsClientConfig tls) {
    Connector quic = Connector.quic(group, config, tls);
    Connector noting =
        (remote, serverName, handler) -> {
          Future<QuicChannel> connecting = quic.connect(remote, serverName, handler);
          connecting.addListener(
              (Future<QuicChannel> done) -> {
                if (done.isSuccess()) {
                  clientChannels.add(done.getNow());
                }
              });
          return connecting;
        };
    return new Http3Client(group, noting, Duration.ofSeconds(10));
  }

  static TlsServerConfig.Builder serverTls() throws Exception {
    return TlsServerConfig.builder()
        .credentials(
            TlsCredentials.fromPem(resource("localhost-cert.pem"), resource("localhost-key.pem")))
        .applicationProtocols(Http3Service.ALPN);
  }

  static TlsClientConfig trusting() throws Exception {
    return clientTls().build();
  }

  static TlsClientConfig.Builder clientTls() throws Exception {
    return TlsClientConfig.builder()
        .applicationProtocols(Http3Service.ALPN)
        .trustedCertificates(Pem.certificates(resource("localhost-cert.pem")));
  }

  static Path resource(String name) throws Exception {
    return Path.of(Loopback.class.getResource(name).toURI());
  }

  @Override
  public void close() {
    server.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
