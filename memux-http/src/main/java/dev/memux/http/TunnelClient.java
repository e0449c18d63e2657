package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.session.MuxPriority;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes tunnels through one HTTP/3 proxy (RFC 9114 §4.4), any number at a time over one connection;
 * a lost connection is replaced when the next tunnel is asked for. Any thread.
 */
public final class TunnelClient {
  private final Http3Client client;
  private final Origin proxy;

  /**
   * A client of that proxy.
   *
   * @param client opens the connection, and keeps it
   */
  public TunnelClient(Http3Client client, Origin proxy) {
    this.client = client;
    this.proxy = proxy;
  }

  /** Who makes the connections. */
  public Origin proxy() {
    return proxy;
  }

  /**
   * Makes a tunnel of the default priority of tunnels; see {@link #connect(TunnelTarget, Priority,
   * Duration)}.
   */
  public Tunnel connect(TunnelTarget target) throws IOException {
    return connect(target, Priority.DEFAULT_INCREMENTAL, null);
  }

  /**
   * Makes a tunnel. Blocks until the proxy has reached the target, which it may do in the order of
   * priorities.
   *
   * @param priority of the tunnel; in the scope of a {@link MuxPriority} it is asked for with that
   * @param limit null: as long as the proxy takes
   * @throws HttpException.TunnelRefused if the proxy will not, or cannot
   * @throws HttpException.TimedOut if that takes longer than {@code limit}
   * @throws HttpException if there is no connection to the proxy
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Tunnel connect(TunnelTarget target, Priority priority, @Nullable Duration limit)
      throws IOException {
    return await(begin(target, priority), target, limit);
  }

  /**
   * Begins to make a tunnel; see {@link #connect(TunnelTarget, Priority, Duration)}. Cancelling
   * what is returned gives the tunnel up.
   */
  public CompletableFuture<Tunnel> begin(TunnelTarget target, Priority priority) {
    return new Attempt(target, priority).start();
  }

  /**
   * Waits for what {@link #begin} has begun, which is given up if it takes too long.
   *
   * @throws CancellationException if somebody else has given it up
   */
  Tunnel await(CompletableFuture<Tunnel> tunnel, TunnelTarget target, @Nullable Duration limit)
      throws IOException {
    try {
      return limit == null ? tunnel.get() : tunnel.get(nanos(limit), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      tunnel.cancel(false);
      throw new HttpException.TimedOut("no tunnel to " + target + " in time");
    } catch (InterruptedException e) {
      tunnel.cancel(false);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      throw again(unwrapped(e));
    }
  }

  /** Closes the connection to the proxy, and with it all tunnels; done when it is closed. */
  public CompletionStage<Void> close() {
    return client.close();
  }

  private static long nanos(Duration limit) {
    return TimeUnit.NANOSECONDS.convert(limit); // saturates
  }

  /** The stack of who waited is worth more than the loop's, which stays as the cause. */
  private static IOException again(Throwable failure) {
    return failure instanceof IOException known ? known : new IOException(failure);
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause != null
            && (failure instanceof ExecutionException || failure instanceof CompletionException)
        ? unwrapped(cause)
        : failure;
  }

  /** One tunnel in the making. */
  private final class Attempt {
    private final TunnelTarget target;
    private final Priority priority;

    /** What it is asked for with. */
    private final QuicStreamPriority said;

    private final CompletableFuture<Tunnel> result = new CompletableFuture<>();
    private boolean repeated;
    private volatile @Nullable ClientExchange request;

    Attempt(TunnelTarget target, Priority priority) {
      this.target = target;
      this.priority = priority;
      Priority scope = MuxPriority.current();
      said = Tunnel.asField(scope == null ? priority : scope);
    }

    CompletableFuture<Tunnel> start() {
      result.whenComplete((tunnel, failure) -> cancelIfUnwanted());
      request();
      return result;
    }

    private void request() {
      client
          .connection(proxy)
          .whenComplete(
              (connection, failure) -> {
                if (connection == null) {
                  result.completeExceptionally(failure);
                } else {
                  send(connection);
                }
              });
    }

    private void send(ClientConnection connection) {
      RequestHead head = RequestHead.connect(target.toString());
      head.fields().add(PriorityField.NAME, PriorityField.format(said));
      TunnelExchange exchange = new TunnelExchange(proxy, target, said);
      ClientExchange sent = connection.send(head, exchange);
      request = sent;
      exchange
          .established()
          .whenComplete(
              (stream, failure) -> {
                if (stream == null) {
                  onFailure(exchange, failure);
                  return;
                }
                Tunnel tunnel = new Tunnel(proxy, target, priority, sent, exchange, stream);
                if (!result.complete(tunnel)) {
                  tunnel.close();
                }
              });
      cancelIfUnwanted();
    }

    /** Once more if the proxy cannot have done anything: the connection may just have ended. */
    private void onFailure(TunnelExchange exchange, Throwable failure) {
      boolean untouched =
          failure instanceof HttpException.StreamReset reset
              // RFC 9114 §4.1.1
              ? reset.code() == HttpErrorCode.REQUEST_REJECTED.http3()
              : failure instanceof HttpException.ConnectionLost && !exchange.isSent();
      if (untouched && !repeated && !result.isDone()) {
        repeated = true;
        request();
      } else {
        result.completeExceptionally(failure);
      }
    }

    private void cancelIfUnwanted() {
      ClientExchange sent = request;
      if (sent != null && result.isCancelled()) {
        sent.cancel();
      }
    }
  }
}
