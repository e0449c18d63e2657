package dev.memux.engine.quic;

import dev.memux.engine.mux.MuxConfig;

/**
 * How an endpoint's connections behave. Times beyond {@link #MAX_TIMEOUT_NANOS} are cut to it.
 *
 * @param maxIdleTimeoutNanos a connection without traffic ends after this; 0: never (RFC 9000
 *     §10.1)
 * @param handshakeTimeoutNanos a handshake that takes longer is given up
 * @param keepAliveNanos a quiet connection sends a PING after this; 0: never
 * @param datagramBytes UDP payload of a full packet at first, at least 1200 (RFC 9000 §14): what
 *     every path is taken to carry
 * @param maxDatagramBytes the most that it may become where the path turns out to take more (RFC
 *     9000 §14.3)
 * @param maxHandshakes handshakes that a loop of a server has under way at once; beyond that the
 *     oldest gives way
 * @param addressValidation when clients have to prove their addresses
 * @param packetsPerConnectionId after so many packets to one connection ID of the peer's another
 *     one is used, if the peer has given one, so that an observer sees a shorter piece of the
 *     connection (RFC 9000 §9.5); 0: only where the path changes
 * @param versions which versions are spoken
 * @param congestion how much is sent at once
 * @param mux streams and flow control
 */
public record QuicConfig(
    long maxIdleTimeoutNanos,
    long handshakeTimeoutNanos,
    long keepAliveNanos,
    int datagramBytes,
    int maxDatagramBytes,
    int maxHandshakes,
    AddressValidationPolicy addressValidation,
    long packetsPerConnectionId,
    VersionPolicy versions,
    CongestionControl congestion,
    MuxConfig mux) {
  /** RFC 9000 §14: every path takes datagrams of this size. */
  public static final int MIN_DATAGRAM_BYTES = 1200;

  /** 73 years: never, and still far from what a long holds when added to the time of day. */
  public static final long MAX_TIMEOUT_NANOS = 1L << 61;

  /** A UDP payload over IPv4, which is the largest there is but for jumbograms. */
  private static final int MAX_DATAGRAM_BYTES = 65_507;

  private static final long SECOND_NANOS = 1_000_000_000L;

  public static final QuicConfig DEFAULT =
      new QuicConfig(
          30 * SECOND_NANOS,
          10 * SECOND_NANOS,
          0,
          MIN_DATAGRAM_BYTES,
          MAX_DATAGRAM_BYTES,
          1024,
          AddressValidationPolicy.UNDER_LOAD,
          0,
          VersionPolicy.DEFAULT,
          CongestionControl.CUBIC,
          MuxConfig.DEFAULT);

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public QuicConfig {
    if (maxIdleTimeoutNanos < 0 || handshakeTimeoutNanos <= 0 || keepAliveNanos < 0) {
      throw new IllegalArgumentException("negative time");
    }
    maxIdleTimeoutNanos = Math.min(maxIdleTimeoutNanos, MAX_TIMEOUT_NANOS);
    handshakeTimeoutNanos = Math.min(handshakeTimeoutNanos, MAX_TIMEOUT_NANOS);
    keepAliveNanos = Math.min(keepAliveNanos, MAX_TIMEOUT_NANOS);
    if (datagramBytes < MIN_DATAGRAM_BYTES
        || maxDatagramBytes < datagramBytes
        || maxDatagramBytes > MAX_DATAGRAM_BYTES) {
      throw new IllegalArgumentException(
          "datagramBytes " + datagramBytes + ", at most " + maxDatagramBytes);
    }
    if (maxHandshakes < 1) {
      throw new IllegalArgumentException("maxHandshakes " + maxHandshakes);
    }
    if (packetsPerConnectionId < 0) {
      throw new IllegalArgumentException("packetsPerConnectionId " + packetsPerConnectionId);
    }
  }

  /** The same with another idle timeout; 0 for none. */
  public QuicConfig withMaxIdleTimeoutNanos(long nanos) {
    return new QuicConfig(
        nanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with another limit for handshakes. */
  public QuicConfig withHandshakeTimeoutNanos(long nanos) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        nanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with keep-alives after {@code nanos} of quiet; 0 for none. */
  public QuicConfig withKeepAliveNanos(long nanos) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        nanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with full packets of that size from the beginning, whatever the path would take. */
  public QuicConfig withMaxDatagramBytes(int bytes) {
    return withDatagramBytes(bytes, bytes);
  }

  /**
   * The same with another size of full packets, and another search for more.
   *
   * @param most what it may become, where the path takes it
   */
  public QuicConfig withDatagramBytes(int first, int most) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        first,
        most,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with another bound of handshakes under way. */
  public QuicConfig withMaxHandshakes(int handshakes) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        handshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with another connection ID of the peer's after so many packets; 0 for never. */
  public QuicConfig withPacketsPerConnectionId(long packets) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packets,
        versions,
        congestion,
        mux);
  }

  /** The same with another policy for clients' addresses. */
  public QuicConfig withAddressValidation(AddressValidationPolicy policy) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        policy,
        packetsPerConnectionId,
        versions,
        congestion,
        mux);
  }

  /** The same with other versions. */
  public QuicConfig withVersions(VersionPolicy policy) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        policy,
        congestion,
        mux);
  }

  /** The same with another congestion control. */
  public QuicConfig withCongestion(CongestionControl control) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        control,
        mux);
  }

  /** The same with other streams and flow control. */
  public QuicConfig withMux(MuxConfig other) {
    return new QuicConfig(
        maxIdleTimeoutNanos,
        handshakeTimeoutNanos,
        keepAliveNanos,
        datagramBytes,
        maxDatagramBytes,
        maxHandshakes,
        addressValidation,
        packetsPerConnectionId,
        versions,
        congestion,
        other);
  }
}
