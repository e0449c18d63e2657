package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.netty.MuxException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One session to a server for as long as it is needed: opened when somebody wants a stream, and
 * opened anew, on whatever carrier works then, when the last one has ended. Any thread.
 *
 * <p>Streams do not survive their session: when it is lost those in flight fail with {@link
 * MuxException.CarrierLost}, which says how much of what was written the peer is known to have.
 * Whether the peer has acted on it nobody knows; only {@link #exchangeReplayable} does it again.
 */
public final class PersistentSession implements AutoCloseable {
  /**
   * How often an exchange is begun at most: one that takes the server down with it must not go on
   * doing so.
   */
  public static final int MAX_ATTEMPTS = 3;

  /** The code of the RESET_STREAM and STOP_SENDING of an exchange that failed at this end. */
  private static final long GIVEN_UP = 0;

  private final SessionClient client;
  private final String host;
  private final int port;

  /** What is in use, or being opened; null: nothing yet. */
  private @Nullable CompletableFuture<Session> current;

  /** Who opens it, or has done so. */
  private @Nullable Thread opener;

  private boolean closed;

  /** What is done on a stream: a request is written and ended, a response read. */
  @FunctionalInterface
  public interface Exchange<T> {
    /**
     * Does it.
     *
     * @param stream bidirectional, closed by who calls
     */
    T on(Stream stream) throws IOException;
  }

  /** Connects when it is first used. */
  public PersistentSession(SessionClient client, String host, int port) {
    this.client = client;
    this.host = host;
    this.port = port;
  }

  /**
   * The session in use, opened if there is none. Blocks meanwhile; callers that wait for the same
   * one share its failure.
   *
   * @throws MuxException as {@link SessionClient#connect(String, int)}; {@link MuxException.Local}
   *     after {@link #close}
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session session() throws IOException {
    CompletableFuture<Session> opening = current();
    try {
      return opening.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private static IOException failure(@Nullable Throwable cause) {
    return switch (cause) {
      case MuxException e -> e.withMessage(String.valueOf(e.getMessage())); // with this stack
      case null, default -> new IOException(cause == null ? null : cause.getMessage(), cause);
    };
  }

  private synchronized CompletableFuture<Session> current() throws MuxException {
    if (closed) {
      throw closedException();
    }
    CompletableFuture<Session> known = current;
    if (known != null && isUsable(known)) {
      return known;
    }
    CompletableFuture<Session> fresh = new CompletableFuture<>();
    current = fresh;
    // In a thread of its own: whoever asked first may be interrupted, and others wait as well.
    opener = Thread.startVirtualThread(() -> connect(fresh));
    return fresh;
  }

  private static boolean isUsable(CompletableFuture<Session> opening) {
    return switch (opening.state()) {
      case RUNNING -> true;
      case SUCCESS -> opening.resultNow().isOpen();
      case FAILED, CANCELLED -> false;
    };
  }

  private void connect(CompletableFuture<Session> fresh) {
    try {
      Session session = client.connect(host, port);
      if (!fresh.complete(session)) {
        session.abandon("closed meanwhile");
      }
    } catch (IOException | RuntimeException e) {
      fresh.completeExceptionally(e);
    }
  }

  /** Opens a bidirectional stream of the default priority. */
  public Stream open() throws IOException {
    return open(StreamType.BIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
  }

  /**
   * Opens a stream of the session in use. If that turns out to be over the next is tried: nothing
   * has been sent yet.
   *
   * @throws MuxException as {@link #session} and {@link Session#open(StreamType, Priority)}
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Stream open(StreamType type, Priority priority) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Session session = session();
      try {
        return session.open(type, priority);
      } catch (MuxException e) {
        if (session.isOpen() || attempt == MAX_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /**
   * Does something on a stream of its own, once. If it fails the stream is given up.
   *
   * @throws MuxException.CarrierLost if the session was lost meanwhile: the peer may have acted on
   *     the request, or not
   */
  public <T> T exchange(Exchange<T> exchange) throws IOException {
    return run(open(), exchange);
  }

  /**
   * Does something on a stream of its own, and again on another one when the session is lost
   * meanwhile, {@value #MAX_ATTEMPTS} times at most. For what does no harm when the peer does it
   * twice; the exchange begins each time from the start.
   */
  public <T> T exchangeReplayable(Exchange<T> exchange) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Stream stream = open();
      try {
        return run(stream, exchange);
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        if (attempt == MAX_ATTEMPTS || !isLost(stream.session())) {
          throw e;
        }
      }
    }
  }

  private static <T> T run(Stream stream, Exchange<T> exchange) throws IOException {
    try (stream) {
      try {
        return exchange.on(stream);
      } catch (IOException | RuntimeException | Error e) {
        stream.reset(GIVEN_UP);
        throw e;
      }
    }
  }

  private static boolean isLost(Session session) {
    CloseReason reason = session.closeReason();
    if (reason == null) {
      return false;
    }
    return switch (reason.origin()) {
      case CARRIER_LOST, STATELESS_RESET, IDLE_TIMEOUT -> true;
      case LOCAL, PEER, HANDSHAKE_TIMEOUT, VERSION_NEGOTIATION -> false;
    };
  }

  /** {@linkplain Session#close() Closes} the session in use; none is opened any more. */
  @Override
  public void close() {
    CompletableFuture<Session> last;
    Thread connecting;
    synchronized (this) {
      closed = true;
      last = current;
      connecting = opener;
    }
    if (last == null || connecting == null) {
      return;
    }
    if (last.completeExceptionally(closedException())) {
      connecting.interrupt(); // whoever waits has been told why
    } else if (last.state() == Future.State.SUCCESS) {
      last.resultNow().close();
    }
  }

  private static MuxException closedException() {
    return new MuxException.Local("the session is closed", 0, "");
  }
}
