package dev.memux.bench;

import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.netty.PacketCiphers;
import dev.memux.netty.QuicClientBootstrap;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** memux's. */
final class MemuxStack implements QuicStack {
  @Override
  public Contender.Server listen(
      Setting setting, String[] protocols, ChannelHandler connections, ChannelHandler streams)
      throws Exception {
    PacketCiphers.settle(); // not while it is measured
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(setting.loops());
    QuicServer server =
        new QuicServerBootstrap()
            .group(group)
            .tls(MemuxContender.serverTls(setting, protocols))
            .config(MemuxContender.config(setting))
            .childHandler(connections)
            .streamHandler(streams)
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .get();
    return new Server(group, server);
  }

  @Override
  public Connector connector(
      Setting setting,
      String[] protocols,
      ChannelHandler connections,
      ChannelHandler streams,
      int port)
      throws Exception {
    String ciphers = PacketCiphers.settle();
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(setting.loops());
    return new Client(
        group,
        new QuicClientBootstrap()
            .group(group)
            .tls(MemuxContender.clientTls(setting, protocols))
            .config(MemuxContender.config(setting))
            .handler(connections)
            .streamHandler(streams),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        ciphers);
  }

  private record Server(EventLoopGroup group, QuicServer server) implements Contender.Server {
    @Override
    public int port() {
      return server.localAddress().getPort();
    }

    @Override
    public void close() {
      server.close().syncUninterruptibly();
      NettyFutures.shutdown(group);
    }
  }

  private record Client(
      EventLoopGroup group,
      QuicClientBootstrap bootstrap,
      InetSocketAddress server,
      String ciphers,
      AtomicLong full)
      implements Connector {
    Client(
        EventLoopGroup group,
        QuicClientBootstrap bootstrap,
        InetSocketAddress server,
        String ciphers) {
      this(group, bootstrap, server, ciphers, new AtomicLong());
    }

    @Override
    public CompletableFuture<QuicChannel> connect(int worker) {
      CompletableFuture<QuicChannel> made;
      synchronized (bootstrap) { // workers are on several loops, and it is not for several threads
        made = NettyFutures.of(bootstrap.connect(server, Credentials.SERVER_NAME));
      }
      return made.whenComplete((channel, failure) -> count((MuxQuicChannel) channel));
    }

    private void count(@Nullable MuxQuicChannel channel) {
      if (channel != null && !Objects.requireNonNull(channel.tlsSession()).resumed()) {
        full.incrementAndGet();
      }
    }

    @Override
    public long fullHandshakes() {
      return full.get();
    }

    @Override
    public String description(QuicChannel connection) {
      SSLEngine tls = Objects.requireNonNull(connection.sslEngine());
      return tls.getSession().getCipherSuite() + " " + ciphers;
    }

    @Override
    public void close() {
      NettyFutures.shutdown(group);
    }
  }
}
