package dev.memux.http;

import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells a server that the priorities of requests have changed (RFC 9218 §6, §7.2). Of what has not
 * gone out yet only the newest of each request is kept, so that a program that changes its mind
 * often sends no more than the connection carries. Belongs to the connection's event loop.
 */
final class PriorityUpdateSender {
  private final QuicChannel channel;
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
    @Nullable ChannelFuture last = null;
    for (Map.Entry<Long, QuicStreamPriority> update : pending.entrySet()) {
      last =
          control.write(
              PriorityUpdateFrame.request(control.alloc(), update.getKey(), update.getValue()));
    }
    pending.clear();
    if (last != null) {
      sending = true;
      control.flush();
      last.addListener(
          written -> {
            sending = false;
            if (!pending.isEmpty()) {
              flush();
            }
          });
    }
  }
}
