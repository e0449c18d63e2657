package dev.memux.engine.qmux;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.wire.TransportParameters;

/**
 * How an endpoint's QMux connections behave. Times beyond {@link #MAX_TIMEOUT_NANOS} are cut to it.
 *
 * @param maxIdleTimeoutNanos a connection without records ends after this; 0: never (QMux §7.1)
 * @param handshakeTimeoutNanos a connection whose peer has not sent its transport parameters by
 *     then is given up
 * @param keepAliveNanos a quiet connection sends a QX_PING after this; 0: never
 * @param closeTimeoutNanos how long a connection that has ended waits for the peer to end the layer
 *     below, so that nothing sent before is lost (QMux §7.2)
 * @param maxRecordBytes the longest record that the peer may send, without its size; as much is
 *     buffered of a record that has come in part (QMux §5.2)
 * @param mux streams and flow control
 */
public record QmuxConfig(
    long maxIdleTimeoutNanos,
    long handshakeTimeoutNanos,
    long keepAliveNanos,
    long closeTimeoutNanos,
    int maxRecordBytes,
    MuxConfig mux) {
  /** 73 years: never, and still far from what a long holds when added to the time of day. */
  public static final long MAX_TIMEOUT_NANOS = 1L << 61;

  /** A limit of our own: records are buffered whole. */
  public static final int MAX_RECORD_BYTES = 1 << 20;

  private static final long SECOND_NANOS = 1_000_000_000L;

  public static final QmuxConfig DEFAULT =
      new QmuxConfig(
          30 * SECOND_NANOS,
          10 * SECOND_NANOS,
          0,
          3 * SECOND_NANOS,
          TransportParameters.DEFAULT_MAX_RECORD_BYTES,
          MuxConfig.DEFAULT);

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public QmuxConfig {
    if (maxIdleTimeoutNanos < 0
        || handshakeTimeoutNanos <= 0
        || keepAliveNanos < 0
        || closeTimeoutNanos <= 0) {
      throw new IllegalArgumentException("negative time");
    }
    maxIdleTimeoutNanos = Math.min(maxIdleTimeoutNanos, MAX_TIMEOUT_NANOS);
    handshakeTimeoutNanos = Math.min(handshakeTimeoutNanos, MAX_TIMEOUT_NANOS);
    keepAliveNanos = Math.min(keepAliveNanos, MAX_TIMEOUT_NANOS);
    closeTimeoutNanos = Math.min(closeTimeoutNanos, MAX_TIMEOUT_NANOS);
    // QMux §5.2: a smaller limit would be a peer's fault.
    if (maxRecordBytes < TransportParameters.DEFAULT_MAX_RECORD_BYTES
        || maxRecordBytes > MAX_RECORD_BYTES) {
      throw new IllegalArgumentException("maxRecordBytes " + maxRecordBytes);
    }
  }

  /** The same with another idle timeout; 0 for none. */
  public QmuxConfig withMaxIdleTimeoutNanos(long nanos) {
    return new QmuxConfig(
        nanos, handshakeTimeoutNanos, keepAliveNanos, closeTimeoutNanos, maxRecordBytes, mux);
  }

  /** The same with another limit of the wait for the peer's transport parameters. */
  public QmuxConfig withHandshakeTimeoutNanos(long nanos) {
    return new QmuxConfig(
        maxIdleTimeoutNanos, nanos, keepAliveNanos, closeTimeoutNanos, maxRecordBytes, mux);
  }

  /** The same with keep-alives after {@code nanos} of quiet; 0 for none. */
  public QmuxConfig withKeepAliveNanos(long nanos) {
    return new QmuxConfig(
        maxIdleTimeoutNanos, handshakeTimeoutNanos, nanos, closeTimeoutNanos, maxRecordBytes, mux);
  }

  /** The same with another limit of the wait for the peer's end. */
  public QmuxConfig withCloseTimeoutNanos(long nanos) {
    return new QmuxConfig(
        maxIdleTimeoutNanos, handshakeTimeoutNanos, keepAliveNanos, nanos, maxRecordBytes, mux);
  }

  /** The same with another limit of the peer's records. */
  public QmuxConfig withMaxRecordBytes(int bytes) {
    return new QmuxConfig(
        maxIdleTimeoutNanos, handshakeTimeoutNanos, keepAliveNanos, closeTimeoutNanos, bytes, mux);
  }

  /** The same with other streams and flow control. */
  public QmuxConfig withMux(MuxConfig other) {
    return new QmuxConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        closeTimeoutNanos,
        maxRecordBytes,
        other);
  }
}
