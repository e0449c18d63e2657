package dev.memux.session;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.netty.Carrier;
import dev.memux.netty.ConnectionListener;
import dev.memux.netty.MuxException;
import dev.memux.netty.TcpClientCarriers;
import dev.memux.tls.TlsClientConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Opens one session over WebSocket: the host's addresses are tried one after the other. */
final class WebSocketConnect {
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private final TcpClientCarriers carriers;
  private final TlsClientConfig tls;
  private final MuxConfig config;
  private final Duration drainTimeout;
  private final URI uri;

  /**
   * @param tls names the application protocols, whether or not the URI asks for TLS
   */
  WebSocketConnect(
      TcpClientCarriers carriers,
      TlsClientConfig tls,
      MuxConfig config,
      Duration drainTimeout,
      URI uri) {
    this.carriers = carriers;
    this.tls = tls;
    this.config = config;
    this.drainTimeout = drainTimeout;
    this.uri = uri;
  }

  /** Blocks until the session is there. */
  Session run() throws IOException {
    InetAddress[] addresses = InetAddress.getAllByName(uri.getHost());
    for (int i = 0; ; i++) {
      try {
        return connect(new InetSocketAddress(addresses[i], port()));
      } catch (MuxException.Timeout | MuxException.CarrierLost e) {
        if (i == addresses.length - 1) {
          throw e;
        }
      }
    }
  }

  private int port() {
    boolean secure = "wss".equalsIgnoreCase(uri.getScheme());
    return uri.getPort() >= 0 ? uri.getPort() : secure ? HTTPS_PORT : HTTP_PORT;
  }

  private Session connect(InetSocketAddress remote) throws IOException {
    CompletableFuture<Session> open = new CompletableFuture<>();
    TcpClientCarriers.Attempt attempt =
        carriers.connect(
            uri,
            remote,
            tls,
            tls.applicationProtocols(),
            carrier -> begin(carrier, open),
            open::completeExceptionally);
    try {
      return open.get();
    } catch (InterruptedException e) {
      attempt.cancel();
      if (!open.cancel(false)) {
        open.thenAccept(session -> session.abandon("interrupted"));
      }
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof MuxException failure) {
        throw failure;
      }
      throw new IOException("cannot connect to " + uri, e.getCause());
    }
  }

  private ConnectionListener begin(Carrier carrier, CompletableFuture<Session> open) {
    Session session =
        new Session(
            carrier,
            config,
            drainTimeout,
            open::complete,
            over -> open.completeExceptionally(over.ended()),
            token -> {});
    open.whenComplete(
        (done, failure) -> {
          if (open.isCancelled()) {
            session.abandon("given up");
          }
        });
    return session.loopSide();
  }
}
