package dev.memux.engine;

import dev.memux.engine.mux.Mux;
import dev.memux.engine.wire.TransportParameters;
import org.jspecify.annotations.Nullable;

/**
 * One connection as a state machine without I/O, threads or a clock. Its owner, one thread, hands
 * in what happened with the time at which it happened, and takes out events and data to send.
 *
 * <p>The order after any input or command: {@link #pollEvent} and {@link Mux#pollStream} until
 * null, then transmit until nothing is left. Sending is news in itself, as it makes room for more:
 * both are done until {@link Mux#hasEvents} says that there is none, which is asked after whatever
 * is sent at once: a stream whose writer does not hear in time that it has room runs dry, and what
 * is less urgent goes before what the writer still holds. Then wait for input or {@link
 * #deadlineNanos}.
 */
public interface Connection {
  /** When {@link #onTimeout} has to be called, {@link Long#MAX_VALUE} for never. */
  long deadlineNanos();

  /** The time has come to {@code nowNanos}; calling it early does no harm. */
  void onTimeout(long nowNanos);

  /** What has happened to the connection as a whole; null when there is nothing new. */
  @Nullable ConnectionEvent pollEvent();

  /** The streams. */
  Mux mux();

  /**
   * Ends the connection with an error code of the application's (RFC 9000 §10.2.3). What is not
   * delivered yet is lost. No effect if it has ended already.
   *
   * @param code at most 2^62-1
   * @param reason for the peer's log; cut if long
   */
  void close(long code, String reason, long nowNanos);

  /** Whether nothing will happen any more: no timer runs, no packet will be read or sent. */
  boolean isTerminated();

  /** Whether this end accepted the connection. */
  boolean isServer();

  /** What the peer has said of itself; null before it has. */
  @Nullable TransportParameters peerParameters();

  /** Figures of the connection and its path. */
  ConnectionStatistics statistics();

  /** What {@link #attach} was given. */
  @Nullable Object attachment();

  /** Keeps an object of the caller's with the connection. */
  void attach(@Nullable Object object);
}
