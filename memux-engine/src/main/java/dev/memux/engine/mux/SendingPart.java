package dev.memux.engine.mux;

import java.nio.ByteBuffer;

/**
 * The sending part of a stream (RFC 9000 §3.1), as who feeds it sees it: that of a {@link
 * MuxStream}, or of what carries bytes in the same way, such as a tunnel. Belongs to one thread.
 */
public interface SendingPart {
  /** Whether data may still be written: not after {@link #finish}, a reset or the end of it all. */
  boolean isWritable();

  /**
   * Copies data in.
   *
   * @return how many bytes were taken; when fewer than offered, who feeds is told when there is
   *     room
   * @throws IllegalStateException if it is not {@link #isWritable}
   */
  int write(ByteBuffer source);

  /**
   * Ends the direction after what was written.
   *
   * @throws IllegalStateException if it is not {@link #isWritable}
   */
  void finish();

  /**
   * Gives the direction up: what is not delivered yet never will be.
   *
   * @param code the application protocol's error code, at most 2^62-1
   */
  void reset(long code);
}
