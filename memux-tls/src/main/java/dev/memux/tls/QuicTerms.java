package dev.memux.tls;

/**
 * What QUIC has to say in a server's handshake (RFC 9001 §8.2, RFC 9368 §2.3). Its methods are
 * called on whatever thread the handshake is on, and depend on nothing but their arguments.
 */
public interface QuicTerms {
  /** Of version 1, whatever the client says of itself. */
  static QuicTerms fixed(byte[] transportParameters, byte[] earlyParameters) {
    Answer answer = new Answer(TlsHandshake.QUIC_V1, transportParameters);
    return new QuicTerms() {
      @Override
      public int clientVersion() {
        return TlsHandshake.QUIC_V1;
      }

      @Override
      public byte[] earlyParameters() {
        return earlyParameters;
      }

      @Override
      public Answer answer(byte[] clientParameters) {
        return answer;
      }
    };
  }

  /**
   * The version of QUIC in which the client has begun. RFC 9369 §5: sessions of another one are not
   * resumed.
   */
  int clientVersion();

  /**
   * The transport parameters, encoded, that clients remember for early data (RFC 9000 §7.4.1): if
   * they change, early data is refused.
   */
  byte[] earlyParameters();

  /** What the server answers to a client with these transport parameters, encoded. */
  Answer answer(byte[] clientParameters);

  /**
   * A server's answer.
   *
   * @param version of QUIC that the handshake goes on in, and that its tickets are for
   * @param transportParameters encoded (RFC 9000 §18)
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Answer(int version, byte[] transportParameters) {}
}
