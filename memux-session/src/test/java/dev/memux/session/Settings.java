package dev.memux.session;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import java.time.Duration;

/** What a test asks of both ends of a connection, whatever carries it. */
record Settings(MuxConfig mux, Duration idleTimeout) {
  static final Settings DEFAULT = new Settings(MuxConfig.DEFAULT, Duration.ofSeconds(30));

  Settings withMux(MuxConfig value) {
    return new Settings(value, idleTimeout);
  }

  /** Credit of a stream and of the connection, which does not grow. */
  Settings withWindows(int streamBytes, int connectionBytes) {
    return withMux(mux.withWindows(streamBytes, streamBytes, connectionBytes, connectionBytes));
  }

  /** How many streams either end may have open. */
  Settings withStreams(int bidirectional, int unidirectional) {
    return withMux(mux.withStreams(bidirectional, unidirectional));
  }

  Settings withDatagrams(DatagramConfig value) {
    return withMux(mux.withDatagrams(value));
  }

  Settings withIdleTimeout(Duration value) {
    return new Settings(mux, value);
  }
}
