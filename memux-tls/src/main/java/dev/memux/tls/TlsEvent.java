package dev.memux.tls;

/**
 * What a handshake wants done, in the order in which it must be acted on.
 *
 * <p>Arrays are handed over: the handshake keeps no reference to them. No event prints its bytes.
 */
public sealed interface TlsEvent {
  /** Handshake bytes to send in CRYPTO frames of packets of {@code level}. */
  record HandshakeBytes(EncryptionLevel level, byte[] bytes) implements TlsEvent {
    @Override
    public String toString() {
      return "HandshakeBytes[" + level + ", " + bytes.length + " bytes]";
    }
  }

  /** What protects packets from the peer at {@code level}; not INITIAL. */
  record ReadSecret(EncryptionLevel level, CipherSuite suite, byte[] secret) implements TlsEvent {
    @Override
    public String toString() {
      return "ReadSecret[" + level + ", " + suite + "]";
    }
  }

  /** What protects packets to the peer at {@code level}; not INITIAL. */
  record WriteSecret(EncryptionLevel level, CipherSuite suite, byte[] secret) implements TlsEvent {
    @Override
    public String toString() {
      return "WriteSecret[" + level + ", " + suite + "]";
    }
  }

  /**
   * The peer's quic_transport_parameters (RFC 9001 §8.2): on a server from the ClientHello, on a
   * client from EncryptedExtensions. They are authentic only once the handshake is complete.
   */
  record PeerTransportParameters(byte[] encoded) implements TlsEvent {
    @Override
    public String toString() {
      return "PeerTransportParameters[" + encoded.length + " bytes]";
    }
  }

  /**
   * On a client: early data may be sent (RFC 9001 §4.6.1) with the secret that follows. An attacker
   * can have it delivered again, so it must be of requests that do no harm if repeated.
   *
   * @param applicationProtocol of the session that it goes on with
   * @param transportParameters of the server as they were in that session, of which those hold that
   *     RFC 9000 §7.4.1 names; until {@link PeerTransportParameters} brings the present ones
   */
  record EarlyDataOffered(String applicationProtocol, byte[] transportParameters)
      implements TlsEvent {
    @Override
    public String toString() {
      return "EarlyDataOffered[" + applicationProtocol + "]";
    }
  }

  /**
   * Whether the server takes early data; only if some was offered. On a client before {@link
   * PeerTransportParameters}; if refused, what was sent has to be sent again (RFC 9001 §4.6.2). On
   * a server before the secret for it.
   */
  record EarlyDataAnswered(boolean accepted) implements TlsEvent {}

  /** Finished has been sent, received and verified (RFC 9001 §4.1.1). */
  record HandshakeComplete(TlsSession session) implements TlsEvent {}
}
