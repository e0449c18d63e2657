package dev.memux.engine.packet;

/**
 * One direction of packet protection under one key (RFC 9001 §5.3). It knows the nonces that it
 * makes of packet numbers, and nothing of packets. One thread at a time.
 */
public interface Aead extends AutoCloseable {
  /** What sealing adds, in every cipher suite that QUIC uses. */
  int TAG_BYTES = 16;

  /** Length of the IV that a packet number is added to. */
  int NONCE_BYTES = 12;

  /**
   * Encrypts {@code payloadBytes} behind the header at {@code packet[from..]}, which is
   * authenticated with them, and appends the tag to what it writes at {@code out[outFrom..]}.
   *
   * @param out another array, or the same if {@code outFrom} is where the payload is
   */
  void seal(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int payloadBytes,
      byte[] out,
      int outFrom);

  /**
   * Decrypts {@code sealedBytes}, the tag included, behind the header at {@code packet[from..]}.
   *
   * @param out another array
   * @return whether header and payload are authentic; if not, {@code out} holds no plaintext
   */
  boolean open(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int sealedBytes,
      byte[] out,
      int outFrom);

  /** The key is not needed any more (RFC 9001 §4.9). Its memory goes; any further use throws. */
  @Override
  void close();
}
