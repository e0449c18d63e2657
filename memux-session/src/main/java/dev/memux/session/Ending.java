package dev.memux.session;

import dev.memux.netty.MuxException;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a direction of a stream has come to its end.
 *
 * @param failure makes the exception, for each caller anew, as it tells where the caller was; null:
 *     a proper end
 * @param abrupt whether it counts before what is still queued
 */
record Ending(@Nullable Supplier<? extends IOException> failure, boolean abrupt) {
  /** The peer's FIN, after the last byte. */
  static final Ending PROPER = new Ending(null, false);

  /** A session has taken the stream over. */
  static final Ending NESTED =
      abrupt(() -> new MuxException.Local("the stream carries a session", 0, ""));

  static Ending abrupt(Supplier<? extends IOException> failure) {
    return new Ending(failure, true);
  }

  /** After what has arrived. */
  static Ending afterData(Supplier<? extends IOException> failure) {
    return new Ending(failure, false);
  }

  /**
   * @throws IOException unless it is a proper end
   */
  void check() throws IOException {
    if (failure != null) {
      throw failure.get();
    }
  }
}
