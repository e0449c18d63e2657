package dev.memux.cli;

import java.util.function.IntConsumer;

/**
 * Two endless responses that compete for one connection, number 0 before number 1 unless the client
 * says otherwise.
 */
interface RivalResponses extends AutoCloseable {
  /** What both have at first, so that the second one waits. */
  int WAITING_URGENCY = 3;

  /** What is more. */
  int RAISED_URGENCY = 1;

  /**
   * Requests both.
   *
   * @param onData told, on one thread, whose data has come
   */
  void begin(IntConsumer onData) throws Exception;

  /**
   * Tells the server that one has become more urgent than the other; calls {@code atOnce} right
   * before, on the thread that says it.
   */
  void raise(int index, Runnable atOnce);

  @Override
  void close();

  static String path(int index) {
    return "/" + index;
  }
}
