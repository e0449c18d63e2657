package dev.memux.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/3 server without its sockets: its {@link #initializer()} makes any {@link QuicChannel}
 * serve. Any thread may call it.
 */
public final class Http3Service {
  /**
   * RFC 9114 §4.2.2, §10.5.1: a field section larger than this, as RFC 9114 counts it, closes the
   * connection, so that a peer cannot make us hold headers without bound.
   */
  public static final int MAX_FIELD_SECTION_BYTES = 64 * 1024;

  /** The ALPN token of HTTP/3 (RFC 9114 §3.1). */
  public static final String ALPN = "h3";

  private final RequestHandler handler;
  private final ServedConnections connections = new ServedConnections();
  private volatile @Nullable Consumer<ConnectionSummary> onConnected;

  /** A service that lets {@code handler} answer every request. */
  public Http3Service(RequestHandler handler) {
    this.handler = handler;
  }

  /** The handler for accepted connections; one serves all. */
  public ChannelHandler initializer() {
    return new ChannelInitializer<QuicChannel>() {
      @Override
      protected void initChannel(QuicChannel channel) {
        accept(channel);
      }

      @Override
      public boolean isSharable() {
        return true;
      }
    };
  }

  /** Who is told of each connection, on its event loop and after its handshake; must not block. */
  public void onConnected(Consumer<ConnectionSummary> listener) {
    onConnected = listener;
  }

  /** How many connections are open. */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Ends all connections: clients are told (GOAWAY), requests under way finish within {@code
   * limit}, what is left then is closed. Completes when none is open.
   */
  public CompletionStage<Void> drain(Duration limit) {
    return connections.drain(limit);
  }

  private void accept(QuicChannel channel) {
    Consumer<ConnectionSummary> listener = onConnected;
    if (listener != null) {
      channel.pipeline().addLast(new HandshakeObserver(listener));
    }
    connections.add(Http3ServerConnection.begin(channel, handler));
  }

  /**
   * What clients remember of our settings when they send early data (RFC 9114 §7.2.4.2), for {@link
   * dev.memux.tls.TlsServerConfig.Builder#earlyData}.
   */
  public static byte[] rememberedSettings() {
    StringBuilder text = new StringBuilder();
    plainSettings().forEach(entry -> text.append(entry).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  // Without a dynamic QPACK table no field section ever waits for another stream (RFC 9204 §2.1.2).
  private static Http3Settings plainSettings() {
    return new Http3Settings().maxFieldSectionSize(MAX_FIELD_SECTION_BYTES);
  }

  /** What both ends say of themselves. */
  static DefaultHttp3SettingsFrame settings() {
    return Http3Grease.with(plainSettings());
  }
}
