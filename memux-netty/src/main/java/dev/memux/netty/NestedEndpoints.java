package dev.memux.netty;

import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.qmux.QmuxEndpoint;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.HashMap;
import java.util.Map;

/**
 * The nested connections of one event loop: those with the same settings share an endpoint, and so
 * the memory that it keeps for the next who needs some. On that event loop.
 */
final class NestedEndpoints {
  private static final FastThreadLocal<NestedEndpoints> OF_LOOP =
      new FastThreadLocal<>() {
        @Override
        protected NestedEndpoints initialValue() {
          return new NestedEndpoints();
        }
      };

  private static final class Shared {
    final QmuxEndpoint endpoint;
    int connections;

    Shared(QmuxEndpoint endpoint) {
      this.endpoint = endpoint;
    }
  }

  private final Map<QmuxConfig, Shared> endpoints = new HashMap<>();

  /** Those of the event loop that calls. */
  static NestedEndpoints current() {
    return OF_LOOP.get();
  }

  QmuxConnection begin(QmuxConfig config, boolean server, long nowNanos) {
    Shared shared =
        endpoints.computeIfAbsent(
            config, c -> new Shared(new QmuxEndpoint(c, ProcessMemory.shared())));
    shared.connections++;
    return server ? shared.endpoint.accept(nowNanos) : shared.endpoint.connect(nowNanos);
  }

  void forget(QmuxConfig config, QmuxConnection connection) {
    Shared shared = endpoints.get(config);
    if (shared == null) {
      throw new IllegalArgumentException("not begun here");
    }
    shared.endpoint.forget(connection);
    if (--shared.connections == 0) {
      endpoints.remove(config);
    }
  }

  /** How many settings are in use. */
  int size() {
    return endpoints.size();
  }
}
