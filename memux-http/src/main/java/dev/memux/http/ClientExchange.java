package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request of ours, from the moment it was asked for. */
public final class ClientExchange {
  private final EventLoop loop;
  private final RequestHead head;
  private final ResponseListener listener;
  private @Nullable QuicStreamChannel channel;

  /** Who sends the request over another connection, should this one fail now. */
  private @Nullable Consumer<ClientExchange> afresh;

  private @Nullable ClientExchange successor;
  private boolean sentEarly;
  private boolean refusedAsEarly;
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
          if (successor != null) {
            successor.cancel();
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

  /** Whether it may be sent before the handshake is complete (RFC 8470 §4). */
  boolean mayBeEarly() {
    return head.isReplaySafe() && !refusedAsEarly;
  }

  /** It is about to be sent. */
  void onSending(boolean early) {
    sentEarly = early;
  }

  /** Whether an answer of 425 means that it may be sent again (RFC 8470 §5.2); once. */
  boolean takeTooEarly() {
    boolean again = sentEarly && !refusedAsEarly && !cancelled;
    refusedAsEarly |= again;
    return again;
  }

  /**
   * Until the connection has proved to be one, its failure is no answer.
   *
   * @param sender takes the exchange if it fails; null: it has failed then
   */
  void onFailureSend(@Nullable Consumer<ClientExchange> sender) {
    afresh = sender;
  }

  /** The request is sent once more, and cancelled there. */
  void succeededBy(ClientExchange other) {
    loop.execute(
        () -> {
          successor = other;
          if (cancelled) {
            other.cancel();
          }
        });
  }

  /** Reports a failure, unless the exchange is over already. */
  void fail(HttpException failure) {
    if (over) {
      return;
    }
    over = true;
    Consumer<ClientExchange> sender = afresh;
    if (sender == null) {
      listener.onFailure(failure);
    } else {
      sender.accept(this);
    }
  }
}
