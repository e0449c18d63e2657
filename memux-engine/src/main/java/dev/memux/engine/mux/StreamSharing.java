package dev.memux.engine.mux;

import dev.memux.engine.schedule.Priority;
import org.jspecify.annotations.Nullable;

/**
 * What was said about one stream by STREAM_PRIORITY, either way, and its group. Most streams have
 * none.
 */
final class StreamSharing {
  static final long NONE = -1;

  /** The group that this end has put it in. */
  @Nullable StreamGroup group;

  /** The group that the peer has put it in, and that it is in; 0: none. */
  long peerGroup;

  /** The highest sequence that the peer has sent. */
  long receivedSequence = NONE;

  /** What the peer is asked to send it with; null: it was not asked. */
  @Nullable Priority requested;

  /** Counts what was asked; loss sends the present value again, under the same number. */
  long requestedSequence = NONE;
}
