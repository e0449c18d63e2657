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

  /** What protects packets from the peer at {@code level}, HANDSHAKE or APPLICATION. */
  record ReadSecret(EncryptionLevel level, CipherSuite suite, byte[] secret) implements TlsEvent {
    @Override
    public String toString() {
      return "ReadSecret[" + level + ", " + suite + "]";
    }
  }

  /** What protects packets to the peer at {@code level}, HANDSHAKE or APPLICATION. */
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

  /** Finished has been sent, received and verified (RFC 9001 §4.1.1). */
  record HandshakeComplete(TlsSession session) implements TlsEvent {}
}
