package dev.memux.engine.packet;

/**
 * Hides packet numbers and the low bits of the first byte (RFC 9001 §5.4). One thread at a time.
 */
public interface HeaderProtection extends AutoCloseable {
  /** What a mask is made of: ciphertext of the packet, four bytes behind its number's beginning. */
  int SAMPLE_BYTES = 16;

  /** The five mask bytes for the sample at {@code d[at..at + 16)}, the first one highest. */
  long mask(byte[] d, int at);

  /** The key is not needed any more (RFC 9001 §4.9). Its memory goes; any further use throws. */
  @Override
  void close();
}
