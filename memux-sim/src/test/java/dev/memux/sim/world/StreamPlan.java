package dev.memux.sim.world;

import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.quic.Side;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to one stream.
 *
 * @param openAfterNanos counted from the opener's end of the handshake
 * @param asksAtOpen whether the opener asks the other side for the same priority
 * @param group which of the opener's groups it is in; 0: none
 * @param reprioritisations what is changed while bytes are under way
 * @param reply what the other side does with its direction; null: unidirectional
 */
record StreamPlan(
    Side opener,
    StreamType type,
    long openAfterNanos,
    Priority priority,
    boolean asksAtOpen,
    int group,
    List<Reprioritisation> reprioritisations,
    Direction request,
    @Nullable Direction reply) {

  /**
   * One direction of a stream.
   *
   * @param bytes to write, then FIN
   * @param resetAt reset instead, when so many have been written; -1: do not
   * @param resetAfterNanos reset at that time after the stream was opened here, whatever has been
   *     written or finished by then; -1: do not
   * @param reliable how much a reset promises to deliver, if so much has been written by then; a
   *     second reset promises half; -1: a reset promises nothing
   * @param stopAt the reader does not want more when it has read so many; -1: it wants all
   * @param stopAfterNanos the reader does not want more at that time; -1: it does
   * @param reading how the reader reads
   */
  record Direction(
      long bytes,
      long resetAt,
      long resetAfterNanos,
      long reliable,
      long stopAt,
      long stopAfterNanos,
      Reading reading) {}

  /**
   * How an application reads.
   *
   * @param chunkBytes how much at once
   * @param everyNanos how often; 0: all there is, whenever there is something
   * @param pauseAt when so many have been read, it stops for a while; -1: never
   * @param pauseNanos for how long
   */
  record Reading(int chunkBytes, long everyNanos, long pauseAt, long pauseNanos) {
    static final Reading EAGER = new Reading(Integer.MAX_VALUE, 0, -1, 0);

    boolean isEager() {
      return everyNanos == 0 && pauseAt < 0;
    }
  }

  /**
   * Another priority.
   *
   * @param asked whether who receives asks for it, instead of the opener changing its own direction
   */
  record Reprioritisation(long afterNanos, Priority priority, boolean asked) {}

  /** Who asks for a priority: it must receive. */
  Side asker() {
    return reply == null ? opener.peer() : opener;
  }

  Direction direction(Side sender) {
    return sender == opener || reply == null ? request : reply;
  }
}
