package dev.memux.http;

import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Priority updates whose request has not arrived yet. Streams have no order among each other, so an
 * update may overtake its request (RFC 9218 §7); the latest one for each stream is kept.
 */
final class PriorityUpdates {
  /**
   * RFC 9218 §7, §13: a peer may send any number of updates for streams that it never opens. As
   * many are kept as a browser has requests in the making; the oldest gives way.
   */
  static final int MAX_WAITING = 256;

  private final Map<Long, QuicStreamPriority> byStream =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, QuicStreamPriority> eldest) {
          return size() > MAX_WAITING;
        }
      };

  void keep(long streamId, QuicStreamPriority priority) {
    byStream.remove(streamId);
    byStream.put(streamId, priority);
  }

  /** Removes and returns what was last said about that stream. */
  @Nullable QuicStreamPriority take(long streamId) {
    return byStream.remove(streamId);
  }

  int size() {
    return byStream.size();
  }
}
