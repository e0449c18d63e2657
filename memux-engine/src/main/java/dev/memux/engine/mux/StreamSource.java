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
  /** Room that there always is for a record. */
  int MAX_RECORD_BYTES = 16 << 10;

  /** Whether {@link #fill} would write something. */
  boolean hasPending();

  /**
   * Writes the next record.
   *
   * @param target has room for {@link #MAX_RECORD_BYTES}
   * @param preferredBytes what is left of the packet: the rest of a longer record waits for the
   *     next one
   * @return how many bytes; 0: nothing, until {@link MuxStream#onSourceChanged}
   */
  int fill(byte[] target, int preferredBytes, long nowNanos);

  /** Whether nothing more will come: the stream's end follows what was filled so far. */
  boolean isEnded();
}
