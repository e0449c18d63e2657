package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.netty.NestedCarrier;
import dev.memux.tls.TlsSession;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream that carries a session, as the event loop sees it; attached to the engine's stream in
 * the place of a {@link Stream}. On the event loop.
 */
final class Nesting {
  private final Stream stream;
  private final NestedCarrier carrier;

  /**
   * @param below the loop's side of the session that the stream is of
   * @param tls of the outermost session
   * @param open done when the session can be used, fails when it has ended before; cancelled, the
   *     session ends
   * @param onOver called when the session has ended
   */
  Nesting(
      LoopSide below,
      Stream stream,
      MuxStream engine,
      QmuxConfig config,
      @Nullable TlsSession tls,
      Duration drainTimeout,
      CompletableFuture<Session> open,
      Runnable onOver) {
    this.stream = stream;
    carrier = new NestedCarrier(below.carrier(), engine, config, tls);
    Session session =
        new Session(
            carrier,
            config.mux(),
            drainTimeout,
            open::complete,
            over -> {
              open.completeExceptionally(over.ended());
              onOver.run();
            },
            token -> {});
    carrier.listener(session.loopSide());
    open.whenComplete(
        (done, failure) -> {
          if (open.isCancelled()) {
            session.abandon("given up");
          }
        });
  }

  Stream stream() {
    return stream;
  }

  /** Bytes of the session that were read before anybody knew that it is one. */
  void receive(byte[] bytes) {
    carrier.receive(bytes);
  }

  /** What was written to the stream before has gone to the engine. */
  void start() {
    carrier.start();
  }

  /** Takes flags of {@link MuxStream#takeEvents}. */
  void onEvents(int events) {
    carrier.onStreamEvents(events);
  }

  /** The session that the stream is of has ended. */
  void onConnectionEnd(CloseReason reason) {
    carrier.onConnectionEnd(reason);
  }
}
