package dev.memux.netty;

import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsSession;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts QMux connections on channels that carry bytes in order: makes the handler that stands at the
 * end of such a channel's pipeline. Any thread.
 */
public final class QmuxDrivers {
  private final QmuxConfig config;
  private final ProcessMemory memory;
  private final Map<EventLoop, QmuxLoop> loops = new ConcurrentHashMap<>();

  /**
   * @param memory what the connections' streams may hold, together with others
   */
  public QmuxDrivers(QmuxConfig config, ProcessMemory memory) {
    this.config = config;
    this.memory = memory;
  }

  /** Limits and timeouts for QMux that are those for QUIC, as far as both have them. */
  public static QmuxConfig configLike(QuicConfig quic) {
    return QmuxConfig.DEFAULT
        .withMaxIdleTimeoutNanos(quic.maxIdleTimeoutNanos())
        .withHandshakeTimeoutNanos(quic.handshakeTimeoutNanos())
        .withKeepAliveNanos(quic.keepAliveNanos())
        .withMux(quic.mux());
  }

  /**
   * A handler that begins a connection as its client when it is added to a pipeline.
   *
   * @param tls what the layer below has agreed on; null: it is not TLS
   * @param listener makes the listener, on the event loop, before the first record is sent
   */
  public QmuxDriver client(
      LayerBelow below, @Nullable TlsSession tls, Function<Carrier, ConnectionListener> listener) {
    return new QmuxDriver(this, false, below, tls, listener);
  }

  /** A handler that begins a connection as its server; see {@link #client}. */
  public QmuxDriver server(
      LayerBelow below, @Nullable TlsSession tls, Function<Carrier, ConnectionListener> listener) {
    return new QmuxDriver(this, true, below, tls, listener);
  }

  QmuxConfig config() {
    return config;
  }

  ProcessMemory memory() {
    return memory;
  }

  /** What connections on that loop share. */
  QmuxLoop loop(EventLoop loop) {
    return loops.computeIfAbsent(loop, unknown -> new QmuxLoop(config, memory));
  }
}
