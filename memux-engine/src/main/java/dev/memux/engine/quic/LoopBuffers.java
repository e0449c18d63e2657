package dev.memux.engine.quic;

/**
 * Memory that the connections of a loop use one after the other, none for longer than it works on a
 * packet: what a packet decrypts to, and a datagram before it is sealed.
 */
final class LoopBuffers {
  private byte[] plaintext = new byte[2048];
  private byte[] draft = {};

  /** At least so large. */
  byte[] plaintext(int bytes) {
    if (bytes > plaintext.length) {
      plaintext = new byte[bytes];
    }
    return plaintext;
  }

  /** At least so large. */
  byte[] draft(int bytes) {
    if (bytes > draft.length) {
      draft = new byte[bytes];
    }
    return draft;
  }
}
