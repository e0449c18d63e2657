package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** QMux over WebSocket, with or without TLS below, on a server. */
final class QmuxOverWebSocket implements AcceptedLayers {
  private static final Logger log = LoggerFactory.getLogger(QmuxOverWebSocket.class);

  /** What browsers and others offer who want a WebSocket (RFC 6455 came before the others). */
  private static final List<String> HTTP_1 = List.of("http/1.1");

  /** More than any client's request for a WebSocket has, cookies included. */
  private static final int MAX_LINE_BYTES = 4 << 10;

  private static final int MAX_HEADERS_BYTES = 16 << 10;

  private final QmuxDrivers drivers;
  private final WebSocketConfig config;
  private final String io;
  private final Function<Carrier, ConnectionListener> listener;
  private final @Nullable AcceptedTls tls;

  /**
   * @param io what moves the bytes, in words
   * @param tls null: no TLS
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  QmuxOverWebSocket(
      QmuxDrivers drivers,
      WebSocketConfig config,
      String io,
      @Nullable TlsServerConfig tls,
      Function<Carrier, ConnectionListener> listener) {
    this.drivers = drivers;
    this.config = config;
    this.io = io;
    this.listener = listener;
    this.tls =
        tls == null
            ? null
            : new AcceptedTls(tls, any -> HTTP_1, drivers.config().handshakeTimeoutNanos());
  }

  @Override
  public void prepare(Channel channel, Runnable onReady) {
    var timeout =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  log.debug("{}: no WebSocket was asked for in time", channel);
                  channel.close();
                },
                drivers.config().handshakeTimeoutNanos(),
                TimeUnit.NANOSECONDS);
    Runnable onUpgraded =
        () -> {
          timeout.cancel(false);
          onReady.run();
        };
    channel.closeFuture().addListener(closed -> timeout.cancel(false));
    if (tls == null) {
      upgrade(channel, null, onUpgraded);
    } else {
      tls.prepare(channel, false, session -> upgrade(channel, session, onUpgraded));
    }
  }

  private void upgrade(Channel channel, @Nullable TlsSession session, Runnable onUpgraded) {
    int maxRecordBytes = drivers.config().maxRecordBytes();
    channel
        .pipeline()
        .addLast(
            new HttpServerCodec(MAX_LINE_BYTES, MAX_HEADERS_BYTES, MAX_LINE_BYTES),
            new WebSocketUpgrade(
                config,
                WebSocketFrames.config(maxRecordBytes, true),
                subprotocol -> {
                  onUpgraded.run();
                  WebSocketRecords records = new WebSocketRecords(maxRecordBytes, io);
                  TlsSession agreed = WebSocketProtocol.agreed(session, subprotocol);
                  channel.pipeline().addLast(records, drivers.server(records, agreed, listener));
                }));
  }

  @Override
  public void reload(TlsServerConfig renewed) {
    if (tls == null) {
      throw new IllegalStateException("there is no TLS");
    }
    tls.reload(renewed);
  }
}
