package dev.memux.engine.mux;

import java.nio.ByteBuffer;

/**
 * The receiving part of a stream (RFC 9000 §3.2), as who drains it sees it: that of a {@link
 * MuxStream}, or of what carries bytes in the same way, such as a tunnel. Belongs to one thread.
 */
public interface ReceivingPart {
  /** Bytes that {@link #take} can return now. */
  int readableBytes();

  /**
   * Copies received data. It gives no credit back: the application has yet to have it.
   *
   * @return bytes copied, 0 when there are none now, -1 at the end
   */
  int take(ByteBuffer target);

  /** The application has had {@code bytes} more of what was taken: so much more may come. */
  void giveCredit(int bytes);

  /** Whether the peer's end has been reached: everything it sent has been taken. */
  boolean isFinished();

  /**
   * Tells the peer that its data is not wanted, and throws away what arrives from now on.
   *
   * @param code the application protocol's error code, at most 2^62-1
   */
  void stopSending(long code);
}
