package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicStreamChannel;
import org.jspecify.annotations.Nullable;

/** One request of ours, from the moment it was asked for. */
public final class ClientExchange {
  private final EventLoop loop;
  private final RequestHead head;
  private final ResponseListener listener;
  private @Nullable QuicStreamChannel channel;
  private boolean cancelled;
  private boolean over;

  ClientExchange(EventLoop loop, RequestHead head, ResponseListener listener) {
    this.loop = loop;
    this.head = head;
    this.listener = listener;
  }

  /** Gives the exchange up (RFC 9114 §4.1.1); its listener hears nothing more. Any thread. */
  public void cancel() {
    loop.execute(
        () -> {
          cancelled = true;
          over = true;
          if (channel != null) {
            channel.shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED.code());
          }
        });
  }

  RequestHead head() {
    return head;
  }

  ResponseListener listener() {
    return listener;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void onStream(QuicStreamChannel opened) {
    channel = opened;
  }

  /** Reports a failure, unless the exchange is over already. */
  void fail(HttpException failure) {
    if (!over) {
      over = true;
      listener.onFailure(failure);
    }
  }
}
