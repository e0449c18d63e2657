package dev.memux.tls;

/**
 * A whole message as it was received.
 *
 * @param encoded with its header, as the transcript wants it
 */
record HandshakeMessage(HandshakeType type, byte[] encoded) {
  static final int HEADER_BYTES = 4;

  HandshakeReader body() {
    return new HandshakeReader(encoded, HEADER_BYTES, encoded.length);
  }
}
