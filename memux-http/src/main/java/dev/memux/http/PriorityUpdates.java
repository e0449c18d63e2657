package dev.memux.http;

import dev.memux.engine.mux.Allowance;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client says in PRIORITY_UPDATE frames, as far as it costs us something: how often it says
 * it, and what is kept of it for requests that have not arrived yet. Streams have no order among
 * each other, so an update may overtake its request (RFC 9218 §7); the latest one for each stream
 * is kept.
 */
final class PriorityUpdates {
  /**
   * RFC 9218 §7: a peer may send any number of updates for streams that it never opens. As many are
   * kept as a browser has requests in the making; the oldest gives way.
   */
  static final int MAX_WAITING = 256;

  /**
   * Updates taken at once: a page with some hundreds of images that is scrolled to its end and back
   * (RFC 9114 §10.5, RFC 9113 §10.5: each costs the client nothing and makes us work).
   */
  static final int BURST = 1024;

  /** Updates taken a second after that. Each request allows one more. */
  static final int PER_SECOND = 128;

  private final Allowance allowance = new Allowance(BURST, PER_SECOND);

  private final Map<Long, QuicStreamPriority> byStream =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, QuicStreamPriority> eldest) {
          return size() > MAX_WAITING;
        }
      };

  /** Counts an update; returns whether they are not too many. */
  boolean admit(long nowNanos) {
    allowance.spend(1, nowNanos);
    return !allowance.isOverdrawn();
  }

  /** Keeps an update for a request that has not arrived. */
  void keep(long streamId, QuicStreamPriority priority) {
    byStream.remove(streamId);
    byStream.put(streamId, priority);
  }

  /** A request has arrived: removes and returns what was last said about it. */
  @Nullable QuicStreamPriority take(long streamId) {
    allowance.earn(1);
    return byStream.remove(streamId);
  }

  /** Forgets what was said of streams below that one. */
  void forgetBelow(long streamId) {
    if (!byStream.isEmpty()) {
      byStream.keySet().removeIf(id -> id < streamId);
    }
  }

  /** How many streams it has something for. */
  int size() {
    return byStream.size();
  }
}
