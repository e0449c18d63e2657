package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request of ours, from the moment it was asked for. */
public final class ClientExchange {
  private final EventLoop loop;
  private RequestHead head;
  private final ResponseListener listener;
  private @Nullable HttpStream stream;

  /** Sends a PRIORITY_UPDATE; while there is no stream the head can still say it. */
  private @Nullable Consumer<QuicStreamPriority> priorityUpdates;

  /** What the server was told last, or will be told by the head. */
  private QuicStreamPriority priority;

  private @Nullable InboundBody body;
  private Runnable whenCancelled = () -> {};

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
    String field = head.fields().combined(PriorityField.NAME);
    QuicStreamPriority said = field == null ? null : PriorityField.parse(field);
    priority = said == null ? PriorityField.DEFAULT : said;
  }

  /** Gives the exchange up (RFC 9114 §4.1.1); its listener hears nothing more. Any thread. */
  public void cancel() {
    loop.execute(
        () -> {
          cancelled = true;
          over = true;
          if (stream == null) {
            whenCancelled.run();
          } else {
            stream.abortOutput(HttpErrorCode.REQUEST_CANCELLED);
            if (body == null) {
              stream.stopInput(HttpErrorCode.REQUEST_CANCELLED);
            } else {
              body.discard(HttpErrorCode.REQUEST_CANCELLED); // with what has arrived already
            }
          }
          if (successor != null) {
            successor.cancel();
          }
        });
  }

  /**
   * Tells the server that the response has become more or less urgent, at any time until it has
   * arrived (RFC 9218 §6): a request that waits to be sent says it in its field, one under way is
   * followed by a PRIORITY_UPDATE. Any thread.
   */
  public void updatePriority(QuicStreamPriority value) {
    loop.execute(
        () -> {
          if (value.equals(priority)) {
            return;
          }
          priority = value;
          head = head.withPriority(value); // it may be sent again
          if (successor != null) {
            successor.updatePriority(value);
          } else if (priorityUpdates != null && !over) {
            priorityUpdates.accept(value);
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

  /** Whether it has failed or was given up. */
  boolean isOver() {
    return over;
  }

  /** What to do if it is given up before it has a stream. */
  void whenCancelled(Runnable action) {
    whenCancelled = action;
  }

  void onStream(HttpStream opened) {
    stream = opened;
  }

  /** Its head is being sent: {@code updates} sends what that cannot say any more. */
  void onSent(Consumer<QuicStreamPriority> updates) {
    priorityUpdates = updates;
  }

  void onInterim(ResponseHead interim) {
    if (!over) {
      listener.onInterim(interim);
    }
  }

  /** Hands the response to the listener, unless the exchange is over already. */
  void onHead(ResponseHead response, InboundBody responseBody) {
    if (!over) {
      body = responseBody;
      listener.onHead(response, responseBody);
      responseBody.listen(new Guard());
    }
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
          other.updatePriority(priority); // it may have changed since the head was taken
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

  /** Keeps an exchange that is over silent and its buffers released. */
  private final class Guard implements BodyListener {
    @Override
    public void onData(ByteBuf data) {
      if (over) {
        data.release();
      } else {
        listener.onData(data);
      }
    }

    @Override
    public void onEnd() {
      if (!over) {
        over = true;
        listener.onEnd();
      }
    }

    @Override
    public void onFailure(HttpException failure) {
      fail(failure);
    }
  }
}
