package dev.memux.cli;

import dev.memux.cli.http09.Http09Client;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Http3Service;
import dev.memux.http.RequestUrl;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.netty.QuicClientBootstrap;
import dev.memux.tls.KeyLog;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Fetches the files of one server, over as many connections as the test case wants. */
final class InteropClient {
  /**
   * Connections at once where each file has its own: they spend nearly all of their time waiting
   * for lost packets to be repeated.
   */
  private static final int CONCURRENT_CONNECTIONS = 10;

  /** So little that flow control has work with files of a few megabytes. */
  private static final long STREAM_WINDOW_BYTES = 64 << 10;

  private static final long CONNECTION_WINDOW_BYTES = 128 << 10;

  /** A server that gives tickets does so right after the handshake. */
  private static final long TICKET_NANOS = TimeUnit.SECONDS.toNanos(5);

  /**
   * Where a NAT has forgotten a client that only receives, the server cannot reach it until it
   * sends something.
   */
  private static final long KEEP_ALIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long KEY_UPDATE_MILLIS = 10;
  private static final long CLOSE_MILLIS = 1_000;

  private final EventLoopGroup group;
  private final InteropCase testCase;
  private final boolean http3;
  private final Path downloads;
  private final KeptSessions sessions = new KeptSessions(List.of());
  private final QuicClientBootstrap bootstrap = new QuicClientBootstrap();

  InteropClient(
      EventLoopGroup group, InteropCase testCase, String applicationProtocol, Path downloads) {
    this.group = group;
    this.testCase = testCase;
    this.http3 = applicationProtocol.equals(Http3Service.ALPN);
    this.downloads = downloads;
    TlsClientConfig tls = tls(applicationProtocol);
    bootstrap.group(group).tls(tls).config(config()).earlyData(tls.offersEarlyData());
  }

  private TlsClientConfig tls(String applicationProtocol) {
    TlsClientConfig.Builder tls =
        TlsClientConfig.builder()
            .applicationProtocols(applicationProtocol)
            .cipherSuites(InteropOptions.cipherSuites(testCase))
            .insecureTrustAny();
    if (testCase == InteropCase.RESUMPTION || testCase == InteropCase.ZERORTT) {
      tls.sessionCache(sessions, InstantSource.system());
    }
    if (testCase == InteropCase.ZERORTT) {
      tls.offerEarlyData();
    }
    KeyLog keyLog = KeyLogs.fromEnvironment();
    if (keyLog != null) {
      tls.keyLog(keyLog);
    }
    return tls.build();
  }

  private QuicConfig config() {
    QuicConfig config = InteropOptions.config().withKeepAliveNanos(KEEP_ALIVE_NANOS);
    return config.withMux(
        config
            .mux()
            .withWindows(
                STREAM_WINDOW_BYTES,
                config.mux().maxStreamWindowBytes(),
                CONNECTION_WINDOW_BYTES,
                config.mux().maxConnectionWindowBytes())
            .withStreamPriority(!http3));
  }

  /**
   * Blocks until all have arrived.
   *
   * @param urls of one server
   * @throws IOException if one has not
   */
  void fetch(List<RequestUrl> urls) throws IOException {
    switch (testCase) {
      case RESUMPTION, ZERORTT -> {
        fetchOver(urls.subList(0, 1));
        fetchOver(urls.subList(1, urls.size()));
      }
      case MULTICONNECT -> fetchEachOverItsOwn(urls);
      case HANDSHAKE, TRANSFER, CHACHA20, KEYUPDATE, RETRY, HTTP3 -> fetchOver(urls);
    }
  }

  private void fetchEachOverItsOwn(List<RequestUrl> urls) throws IOException {
    try (ExecutorService workers = Executors.newFixedThreadPool(CONCURRENT_CONNECTIONS)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (RequestUrl url : urls) {
        tasks.add(
            () -> {
              fetchOver(List.of(url));
              return null;
            });
      }
      for (var task : workers.invokeAll(tasks)) {
        task.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /** All over one connection, at once. */
  private void fetchOver(List<RequestUrl> urls) throws IOException {
    if (http3) {
      fetchByHttp3(urls);
    } else {
      fetchByHttp09(urls);
    }
  }

  private void fetchByHttp09(List<RequestUrl> urls) throws IOException {
    var origin = urls.getFirst().origin();
    InetAddress address = InetAddress.getByName(origin.host());
    QuicChannel connection =
        await(
            connect(
                new InetSocketAddress(address, origin.port()),
                origin.host(),
                new ChannelInboundHandlerAdapter() {}));
    Map<String, Path> files = new LinkedHashMap<>();
    urls.forEach(url -> files.put(url.path(), file(url)));
    try {
      Http09Client.fetch(connection, files).get();
      awaitTicket();
    } catch (ExecutionException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      connection.close().awaitUninterruptibly(CLOSE_MILLIS);
    }
  }

  private void fetchByHttp3(List<RequestUrl> urls) throws IOException {
    Connector connector = this::connect;
    Http3Client client =
        new Http3Client(
            group, connector, Duration.ofNanos(InteropOptions.config().handshakeTimeoutNanos()));
    List<Download> all =
        urls.stream()
            .map(url -> new Download(url, new Output.ToFile(file(url)), true, null))
            .toList();
    new Fetch(client, all).run();
    awaitTicket();
    client
        .close()
        .toCompletableFuture()
        .completeOnTimeout(null, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
        .join();
    for (Download download : all) {
      String error = download.outcome().join().error();
      if (error != null) {
        throw new IOException(download.url().text() + ": " + error);
      }
    }
  }

  private static IOException failure(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause == null ? new IOException(e) : new IOException(cause.getMessage(), cause);
  }

  private void awaitTicket() {
    if (testCase == InteropCase.RESUMPTION || testCase == InteropCase.ZERORTT) {
      sessions.awaitAny(TICKET_NANOS);
    }
  }

  private Path file(RequestUrl url) {
    return downloads.resolve(url.fileName());
  }

  private Future<QuicChannel> connect(
      InetSocketAddress remote, String serverName, ChannelHandler handler) {
    Future<QuicChannel> connecting;
    synchronized (bootstrap) { // connections are made by several threads
      connecting = bootstrap.handler(handler).connect(remote, serverName);
    }
    if (testCase == InteropCase.KEYUPDATE) {
      connecting.addListener(
          (Future<QuicChannel> made) -> {
            if (made.isSuccess()) {
              updateKeys((MuxQuicChannel) made.getNow());
            }
          });
    }
    return connecting;
  }

  /** As soon as that is allowed: when the server has acknowledged something. */
  private static void updateKeys(MuxQuicChannel connection) {
    if (connection.isOpen() && !connection.updateKeys()) {
      connection
          .eventLoop()
          .schedule(() -> updateKeys(connection), KEY_UPDATE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static QuicChannel await(Future<QuicChannel> connecting) throws IOException {
    Future<QuicChannel> made = connecting.awaitUninterruptibly();
    if (!made.isSuccess()) {
      throw new IOException(String.valueOf(made.cause().getMessage()), made.cause());
    }
    return made.getNow();
  }
}
