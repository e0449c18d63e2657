package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.ClientConnection;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpException;
import dev.memux.http.InboundBody;
import dev.memux.http.Origin;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Fetches a file over HTTP/3 and goes on from other addresses while it does (RFC 9000 §9.2). */
final class WanderingClient {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private WanderingClient() {}

  /**
   * @param length of the file, as it arrived
   * @param locals where the client has been, the first place left out
   * @param remote where the server was in the end
   */
  record Journey(long length, List<InetSocketAddress> locals, InetSocketAddress remote) {}

  /** Fetches one file, and moves after each part of it. */
  static Journey fetch(int port, String name, long everyBytes, List<InetSocketAddress> places)
      throws Exception {
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    try {
      TlsClientConfig tls =
          TlsClientConfig.builder()
              .applicationProtocols(Http3Service.ALPN)
              .insecureTrustAny()
              .build();
      Origin origin = new Origin("127.0.0.1", port);
      AtomicReference<MuxQuicChannel> channel = new AtomicReference<>();
      Connector quic = Connector.quic(group, QuicConfig.DEFAULT, tls);
      Connector remembering =
          (remote, serverName, handler) -> {
            Future<QuicChannel> connecting = quic.connect(remote, serverName, handler);
            return connecting.addListener(
                done -> channel.set((MuxQuicChannel) connecting.getNow()));
          };
      ClientConnection connection =
          new Http3Client(group, remembering, PATIENCE)
              .connection(origin)
              .toCompletableFuture()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      Download download = new Download(channel.get(), everyBytes, places);
      connection.send(RequestHead.get(origin.authority(), "/" + name), download);
      long length = download.length.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      List<InetSocketAddress> locals = List.copyOf(download.locals);
      InetSocketAddress remote = (InetSocketAddress) channel.get().remoteSocketAddress();
      connection.close().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return new Journey(length, locals, remote);
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  /** Reads no further until it has moved, so that there is something left to read everywhere. */
  private static final class Download implements ResponseListener {
    private final MuxQuicChannel channel;
    private final long everyBytes;
    private final List<InetSocketAddress> places;
    private final List<InetSocketAddress> locals = new ArrayList<>();
    private final CompletableFuture<Long> length = new CompletableFuture<>();
    private InboundBody source;
    private long bytes;

    Download(MuxQuicChannel channel, long everyBytes, List<InetSocketAddress> places) {
      this.channel = channel;
      this.everyBytes = everyBytes;
      this.places = new ArrayList<>(places);
    }

    @Override
    public void onHead(ResponseHead head, InboundBody body) {
      source = body;
      body.read();
    }

    @Override
    public void onData(ByteBuf data) {
      bytes += data.readableBytes();
      data.release();
      if (places.isEmpty() || bytes < (locals.size() + 1) * everyBytes) {
        source.read();
        return;
      }
      channel
          .migrate(places.removeFirst())
          .addListener(
              (Future<InetSocketAddress> moved) -> {
                if (moved.isSuccess()) {
                  locals.add(moved.getNow());
                  source.read();
                } else {
                  length.completeExceptionally(moved.cause());
                }
              });
    }

    @Override
    public void onEnd() {
      length.complete(bytes);
    }

    @Override
    public void onFailure(HttpException cause) {
      length.completeExceptionally(cause);
    }
  }
}
