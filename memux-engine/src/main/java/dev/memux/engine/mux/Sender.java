package dev.memux.engine.mux;

import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;

/** Who takes turns in a connection's packets. */
abstract sealed class Sender permits MuxStream, Datagrams {
  /**
   * Writes its next frame and says what is left of it to the scheduler.
   *
   * @return false: nothing is there, or fits
   */
  abstract boolean emit(FrameWriter writer, SentFrames sent);
}
