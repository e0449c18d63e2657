package dev.memux.session;

import java.io.InterruptedIOException;

/** Two sessions that speak with each other, and what is needed for that. */
interface SessionPair extends AutoCloseable {
  /** The end that connected. */
  Session near();

  /** The end that accepted. */
  Session far();

  /** The far end is gone from now on, without a word. */
  void vanish();

  /** A stream that the near end has opened, as both ends have it. */
  default StreamPair stream() throws Exception {
    return StreamPair.open(near(), far());
  }

  /** Streams of that session that are not over in both directions. */
  static int openStreams(Session session) {
    try {
      return session.statistics().openStreams();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  void close();
}
