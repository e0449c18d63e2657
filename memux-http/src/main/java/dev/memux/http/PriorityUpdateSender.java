package dev.memux.http;

import dev.memux.engine.mux.Allowance;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a server that the priorities of requests have changed (RFC 9218 §6, §7.2). Of what has not
 * gone out yet only the newest of each request is kept, and they go no faster than a server can be
 * expected to put up with (RFC 9114 §10.5): a program may change its mind with every write. Belongs
 * to the connection's event loop.
 */
final class PriorityUpdateSender {
  /** Half of what memux's own server takes. */
  static final int BURST = PriorityUpdates.BURST / 2;

  /** Half of what memux's own server takes. */
  static final int PER_SECOND = PriorityUpdates.PER_SECOND / 2;

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final QuicChannel channel;
  private final Allowance allowance = new Allowance(BURST, PER_SECOND);
  private final Map<Long, QuicStreamPriority> pending = new LinkedHashMap<>();

  /** Frames are being written, or will be in this turn of the loop. */
  private boolean sending;

  PriorityUpdateSender(QuicChannel channel) {
    this.channel = channel;
  }

  void send(long streamId, QuicStreamPriority priority) {
    pending.put(streamId, priority);
    if (!sending) {
      sending = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  /** The stream is over: what could still be said of it is of no use. */
  void forget(long streamId) {
    pending.remove(streamId);
  }

  private void flush() {
    sending = false;
    QuicStreamChannel control = Http3.getLocalControlStream(channel);
    if (control == null || !control.isActive()) {
      pending.clear(); // without its control stream the connection is at its end (RFC 9114 §6.2.1)
      return;
    }
    long nowNanos = channel.eventLoop().ticker().nanoTime();
    allowance.spend(0, nowNanos);
    @Nullable ChannelFuture last = null;
    Iterator<Map.Entry<Long, QuicStreamPriority>> updates = pending.entrySet().iterator();
    while (updates.hasNext() && !allowance.isOverdrawn()) {
      Map.Entry<Long, QuicStreamPriority> update = updates.next();
      last =
          control.write(
              PriorityUpdateFrame.request(control.alloc(), update.getKey(), update.getValue()));
      updates.remove();
      allowance.spend(1, nowNanos);
    }
    if (last != null) {
      sending = true;
      control.flush();
      last.addListener(written -> sendRest());
    } else {
      sendRest();
    }
  }

  private void sendRest() {
    sending = !pending.isEmpty();
    if (!sending) {
      return;
    }
    if (allowance.isOverdrawn()) {
      channel.eventLoop().schedule(this::flush, SECOND_NANOS / PER_SECOND, TimeUnit.NANOSECONDS);
    } else {
      flush();
    }
  }
}
