package dev.memux.session;

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

  @Override
  void close();
}
