package dev.memux.engine.packet;

import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a connection ID stands for, straight from the bytes of a datagram and without
 * allocating: open addressing, linear probing, at most half full.
 *
 * <p>RFC 9000 §7.2 leaves the first Destination Connection ID to the client, so a client could look
 * for IDs that share a slot. The hash is therefore keyed: multilinear hashing over 32-bit words,
 * whose collisions are as rare as chance makes them for whoever does not know the key. Datagrams
 * come in runs for one connection: the slot that was found last is looked at first.
 */
public final class ConnectionIdMap<V> {
  private static final int WORDS = ConnectionId.MAX_BYTES / Integer.BYTES;
  private static final int INITIAL_SLOTS = 16;
  private static final int MIX = 0x85ebca6b;

  /** One multiplier a word, one for the length, one addend. */
  private final long[] hashKey = new long[WORDS + 2];

  private @Nullable ConnectionId[] ids = new ConnectionId[INITIAL_SLOTS];
  private @Nullable Object[] values = new Object[INITIAL_SLOTS];
  private int size;
  private int lastSlot;

  public ConnectionIdMap(RandomGenerator random) {
    for (int i = 0; i < hashKey.length; i++) {
      hashKey[i] = random.nextLong();
    }
  }

  public int size() {
    return size;
  }

  /** The value of the ID that stands at {@code d[from..from + length)}, or null. */
  @SuppressWarnings("unchecked")
  public @Nullable V get(byte[] d, int from, int length) {
    if (length > ConnectionId.MAX_BYTES) {
      return null;
    }
    ConnectionId last = ids[lastSlot];
    if (last != null && last.matches(d, from, length)) {
      return (V) values[lastSlot];
    }
    int mask = ids.length - 1;
    int slot = hash(d, from, length) & mask;
    for (ConnectionId id = ids[slot]; id != null; id = ids[slot]) {
      if (id.matches(d, from, length)) {
        lastSlot = slot;
        return (V) values[slot];
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  @SuppressWarnings("unchecked")
  public @Nullable V get(ConnectionId id) {
    return (V) values[slotOf(id)];
  }

  /** Sets the value of an ID and returns the one it had, or null. */
  @SuppressWarnings("unchecked")
  public @Nullable V put(ConnectionId id, V value) {
    Objects.requireNonNull(value);
    int slot = slotOf(id);
    if (ids[slot] != null) {
      V previous = (V) values[slot];
      values[slot] = value;
      return previous;
    }
    ids[slot] = id;
    values[slot] = value;
    size++;
    if (size * 2 > ids.length) {
      grow();
    }
    return null;
  }

  /** Forgets an ID and returns the value it had, or null. */
  @SuppressWarnings("unchecked")
  public @Nullable V remove(ConnectionId id) {
    int slot = slotOf(id);
    V previous = (V) values[slot];
    if (previous != null) {
      size--;
      closeGap(slot);
    }
    return previous;
  }

  /** The slot that holds {@code id}, or the free one where it belongs. */
  private int slotOf(ConnectionId id) {
    int mask = ids.length - 1;
    int slot = hash(id) & mask;
    for (ConnectionId other = ids[slot]; other != null && !other.equals(id); other = ids[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Moves back whatever was displaced past the removed slot, so that no probe ends too early. */
  private void closeGap(int gap) {
    int mask = ids.length - 1;
    int slot = gap;
    while (true) {
      slot = (slot + 1) & mask;
      ConnectionId id = ids[slot];
      if (id == null) {
        break;
      }
      int home = hash(id) & mask;
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        ids[gap] = id;
        values[gap] = values[slot];
        gap = slot;
      }
    }
    ids[gap] = null;
    values[gap] = null;
  }

  private void grow() {
    @Nullable ConnectionId[] oldIds = ids;
    @Nullable Object[] oldValues = values;
    ids = new ConnectionId[oldIds.length * 2];
    values = new Object[oldIds.length * 2];
    for (int i = 0; i < oldIds.length; i++) {
      ConnectionId id = oldIds[i];
      if (id != null) {
        int slot = slotOf(id);
        ids[slot] = id;
        values[slot] = oldValues[i];
      }
    }
  }

  private int hash(ConnectionId id) {
    return hash(id.bytes, 0, id.bytes.length);
  }

  int hash(byte[] d, int from, int length) {
    long sum = hashKey[WORDS + 1] + hashKey[WORDS] * length;
    for (int i = 0, word = 0; i < length; word++) {
      int value = 0;
      int end = Math.min(length, i + Integer.BYTES);
      for (; i < end; i++) {
        value = value << Byte.SIZE | (d[from + i] & 0xff);
      }
      sum += hashKey[word] * (value & 0xffffffffL);
    }
    int hash = (int) (sum >>> Integer.SIZE);
    // IDs in arithmetic progression would stay in one, and crowd together under some keys.
    hash = (hash ^ hash >>> 16) * MIX;
    return hash ^ hash >>> 13;
  }
}
