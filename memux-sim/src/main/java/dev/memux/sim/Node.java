package dev.memux.sim;

/**
 * A host: takes datagrams and the time, gives datagrams and its next deadline. It has no clock, no
 * thread and no randomness but what it is given.
 *
 * <p>The network calls {@link #receive} for each datagram of an instant and {@link #onTimeout} when
 * the deadline has come, then {@link #transmit} once, then asks for {@link #deadlineNanos} anew.
 */
public interface Node {
  /** A deadline that never comes. */
  long NEVER = Long.MAX_VALUE;

  /** A datagram has arrived. */
  void receive(Datagram datagram, long nowNanos);

  /** The deadline has come. */
  void onTimeout(long nowNanos);

  /** The end of a turn: all input of this instant has been taken; sends what may leave now. */
  void transmit(DatagramSink out, long nowNanos);

  /** When {@link #onTimeout} wants to be called; {@link #NEVER} if no timer runs. */
  long deadlineNanos();
}
