package dev.memux.engine.quic;

/**
 * When a server has clients prove that they receive at their address before it does anything for
 * them (RFC 9000 §8.1.2). The proof costs an honest client a round trip, and whoever sends from
 * addresses that are not its own cannot give it. It costs the server neither memory nor signatures.
 *
 * <p>A client that shows a token from an earlier connection has given its proof.
 *
 * @param retryFromHandshakes a Retry is demanded while so many handshakes of one event loop are
 *     under way whose clients have proved nothing
 * @param unvalidatedTimeoutNanos a handshake that begins while half as many are under way is given
 *     up after this, if its client has proved nothing by then; {@link
 *     QuicConfig#handshakeTimeoutNanos} bounds it also. While there are fewer, a client that loses
 *     most of its packets may take all the time that others may.
 */
public record AddressValidationPolicy(int retryFromHandshakes, long unvalidatedTimeoutNanos) {
  /** Two repetitions at either end: most who need longer are not there at all. */
  private static final long UNVALIDATED_TIMEOUT_NANOS = 5_000_000_000L;

  /** Everyone has to prove its address. */
  public static final AddressValidationPolicy ALWAYS =
      new AddressValidationPolicy(0, UNVALIDATED_TIMEOUT_NANOS);

  /**
   * Under load only: handshakes at this rate are answered at once by a loop whose clients are a
   * tenth of a second away, and are about as many as it can sign for.
   */
  public static final AddressValidationPolicy UNDER_LOAD =
      new AddressValidationPolicy(128, UNVALIDATED_TIMEOUT_NANOS);

  /** Nobody has to; {@link QuicConfig#maxHandshakes} is the only bound. */
  public static final AddressValidationPolicy NEVER =
      new AddressValidationPolicy(Integer.MAX_VALUE, UNVALIDATED_TIMEOUT_NANOS);

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public AddressValidationPolicy {
    if (retryFromHandshakes < 0 || unvalidatedTimeoutNanos <= 0) {
      throw new IllegalArgumentException(
          "Retry from " + retryFromHandshakes + ", timeout " + unvalidatedTimeoutNanos);
    }
  }

  /** Whether a client must prove its address while so many others have not. */
  boolean demandsProof(int unvalidatedHandshakes) {
    return unvalidatedHandshakes >= retryFromHandshakes;
  }

  /** Whether a client must be quick while so many others have proved nothing. */
  boolean demandsHaste(int unvalidatedHandshakes) {
    return unvalidatedHandshakes >= retryFromHandshakes / 2;
  }

  /** The same with another timeout. */
  public AddressValidationPolicy withUnvalidatedTimeoutNanos(long nanos) {
    return new AddressValidationPolicy(retryFromHandshakes, nanos);
  }
}
