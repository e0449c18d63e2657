package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;

import dev.memux.engine.qmux.QmuxConfig;
import java.util.concurrent.CompletableFuture;

/** Two sessions in a stream of two others, or in a stream of two in a stream of two others... */
final class NestedPair implements SessionPair {
  private final SessionPair below;
  private final Session near;
  private final Session far;

  private NestedPair(SessionPair below, Settings settings) throws Exception {
    this.below = below;
    QmuxConfig config =
        QmuxConfig.DEFAULT
            .withMux(settings.mux())
            .withMaxIdleTimeoutNanos(settings.idleTimeout().toNanos());
    CompletableFuture<Session> nesting = start(() -> below.near().open().nest(config));
    far = below.far().accept().nest(config);
    near = get(nesting);
  }

  /**
   * Nested once or more often.
   *
   * @param below connected with the same settings
   */
  static SessionPair in(SessionPair below, int depth, Settings settings) throws Exception {
    SessionPair pair = below;
    for (int i = 0; i < depth; i++) {
      pair = new NestedPair(pair, settings);
    }
    return pair;
  }

  @Override
  public Session near() {
    return near;
  }

  @Override
  public Session far() {
    return far;
  }

  @Override
  public void vanish() {
    below.vanish();
  }

  @Override
  public void close() {
    near.close(0, "");
    far.close(0, "");
    below.close();
  }
}
