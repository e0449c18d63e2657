package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.ClientConnection;
import dev.memux.http.ClientExchange;
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
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Fetches over HTTP/3 and changes its mind about what is urgent while it does (RFC 9218 §7.2). */
final class RestlessClient {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private RestlessClient() {}

  /** Fetches all at once over one connection; returns how long each is. */
  static List<Long> fetch(int port, List<String> names) throws Exception {
    return fetch(QuicConfig.DEFAULT, port, names);
  }

  /** The same over a connection that behaves otherwise. */
  static List<Long> fetch(QuicConfig config, int port, List<String> names) throws Exception {
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    try {
      TlsClientConfig tls =
          TlsClientConfig.builder()
              .applicationProtocols(Http3Service.ALPN)
              .insecureTrustAny()
              .build();
      Origin origin = new Origin("127.0.0.1", port);
      ClientConnection connection =
          new Http3Client(group, Connector.quic(group, config, tls), PATIENCE)
              .connection(origin)
              .toCompletableFuture()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      List<Download> downloads = new ArrayList<>();
      for (String name : names) {
        Download download = new Download();
        downloads.add(download);
        download.exchange.complete(
            connection.send(RequestHead.get(origin.authority(), "/" + name), download));
      }
      List<Long> lengths = new ArrayList<>();
      for (Download download : downloads) {
        lengths.add(download.length.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      }
      connection.close().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return lengths;
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  private static final class Download implements ResponseListener {
    private final CompletableFuture<ClientExchange> exchange = new CompletableFuture<>();
    private final CompletableFuture<Long> length = new CompletableFuture<>();
    private InboundBody source;
    private long bytes;
    private int changes;

    @Override
    public void onHead(ResponseHead head, InboundBody body) {
      source = body;
      body.read();
    }

    @Override
    public void onData(ByteBuf data) {
      bytes += data.readableBytes();
      data.release();
      changes++;
      QuicStreamPriority other = new QuicStreamPriority(changes % 8, changes % 3 == 0);
      exchange.thenAccept(known -> known.updatePriority(other));
      source.read();
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
