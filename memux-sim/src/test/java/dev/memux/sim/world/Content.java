package dev.memux.sim.world;

import dev.memux.sim.quic.Side;

/**
 * The bytes of every stream of a conversation: a function of who sends, the stream's ID and the
 * offset. Those of another conversation differ.
 */
final class Content {
  private static final long STREAM_FACTOR = 0x9e3779b97f4a7c15L;
  private static final long CONVERSATION_FACTOR = 0x94d049bb133111ebL;
  private static final long WORD_FACTOR = 0xbf58476d1ce4e5b9L;

  private final int conversation;

  Content(int conversation) {
    this.conversation = conversation;
  }

  void fill(Side sender, long streamId, long offset, byte[] out, int from, int length) {
    long key = key(sender, streamId);
    for (int i = 0; i < length; i++) {
      out[from + i] = byteAt(key, offset + i);
    }
  }

  /** The first position in the array that differs from what it should be, -1: none. */
  int mismatch(Side sender, long streamId, long offset, byte[] data, int from, int length) {
    long key = key(sender, streamId);
    for (int i = 0; i < length; i++) {
      if (data[from + i] != byteAt(key, offset + i)) {
        return i;
      }
    }
    return -1;
  }

  private long key(Side sender, long streamId) {
    return (streamId * 2 + sender.ordinal() + 1) * STREAM_FACTOR
        + conversation * CONVERSATION_FACTOR;
  }

  private static byte byteAt(long key, long offset) {
    long word = ((offset >>> 3) + key) * WORD_FACTOR;
    return (byte) ((word ^ (word >>> 29)) >>> ((offset & 7) * 4 + 8));
  }
}
