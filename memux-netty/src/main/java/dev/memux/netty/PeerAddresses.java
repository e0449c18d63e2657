package dev.memux.netty;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that datagrams have come from lately, so that the same sender again costs a
 * comparison and no memory. Two whose hashes agree take turns.
 */
final class PeerAddresses {
  /** Senders that are remembered; a power of two. */
  static final int SLOTS = 1024;

  private final @Nullable PeerAddress[] slots = new PeerAddress[SLOTS];
  private @Nullable PeerAddress last;

  /** The address at {@code offset} of {@code memory}, with what came beside it. */
  PeerAddress find(MemorySegment memory, long offset, ControlMessages info) {
    PeerAddress known = last;
    if (known != null && known.matches(memory, offset, info)) {
      return known;
    }
    int slot = PeerAddress.hash(memory, offset, info) & (SLOTS - 1);
    known = slots[slot];
    if (known == null || !known.matches(memory, offset, info)) {
      known = PeerAddress.read(memory, offset, info);
      slots[slot] = known;
    }
    last = known;
    return known;
  }
}
