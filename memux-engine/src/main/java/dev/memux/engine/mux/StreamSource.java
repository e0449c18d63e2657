package dev.memux.engine.mux;

/**
 * What a stream carries that nobody writes to it: it is asked for the next record when the
 * scheduler serves the stream, and no earlier. So what goes next inside, a nested connection for
 * one, is decided as late as which stream goes next.
 *
 * <p>Called on the thread that owns the stream's connection, in the middle of a packet: an
 * implementation touches neither that connection nor its streams. After it has something new to
 * send it says so by {@link MuxStream#onSourceChanged}.
 */
public interface StreamSource {
  /** Room for a record that is always given: as much as any frame needs that must be whole. */
  int MIN_RECORD_BYTES = 1024;

  /** The most that is ever asked for at once. */
  int MAX_RECORD_BYTES = 16 << 10;

  /** Whether {@link #fill} would write something. */
  boolean hasPending();

  /**
   * Writes the next record.
   *
   * @param maxBytes room in {@code target}, at least {@link #MIN_RECORD_BYTES}
   * @return how many bytes; 0: nothing, until {@link MuxStream#onSourceChanged}
   */
  int fill(byte[] target, int from, int maxBytes, long nowNanos);

  /** Whether nothing more will come: the stream's end follows what was filled so far. */
  boolean isEnded();
}
