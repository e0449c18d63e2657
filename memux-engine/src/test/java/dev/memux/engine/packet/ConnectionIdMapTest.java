package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConnectionIdMapTest {
  private final ConnectionIdMap<Integer> map = new ConnectionIdMap<>(new SplittableRandom(1));

  @Test
  void findsByTheBytesOfADatagram() {
    ConnectionId id = ConnectionId.of(new byte[] {1, 2, 3, 4, 5});
    assertNull(map.put(id, 7));
    byte[] datagram = {9, 1, 2, 3, 4, 5, 9};
    assertEquals(7, map.get(datagram, 1, 5));
    assertEquals(7, map.get(id));
    assertNull(map.get(datagram, 1, 4));
    assertNull(map.get(datagram, 0, 5));
    assertNull(map.get(new byte[255], 0, 255));
  }

  @Test
  void replacesAndForgets() {
    ConnectionId id = ConnectionId.of(new byte[] {1});
    assertNull(map.put(id, 1));
    assertEquals(1, map.put(id, 2));
    assertEquals(1, map.size());
    assertEquals(2, map.remove(id));
    assertNull(map.remove(id));
    assertNull(map.get(id));
    assertEquals(0, map.size());
  }

  @Test
  void tellsIdsApartThatDifferInLengthOnly() {
    for (int length = 0; length <= ConnectionId.MAX_BYTES; length++) {
      map.put(ConnectionId.of(new byte[length]), length);
    }
    for (int length = 0; length <= ConnectionId.MAX_BYTES; length++) {
      assertEquals(length, map.get(new byte[20], 0, length));
    }
  }

  @Test
  void agreesWithAHashMap() {
    SplittableRandom random = new SplittableRandom(2);
    List<ConnectionId> ids = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      ids.add(ConnectionId.random(random, random.nextInt(1, ConnectionId.MAX_BYTES + 1)));
    }
    Map<ConnectionId, Integer> expected = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      ConnectionId id = ids.get(random.nextInt(ids.size()));
      // Grows and shrinks in turn, so that gaps are closed at all fill levels.
      if (random.nextInt(100) < (i / 10_000 % 2 == 0 ? 80 : 20)) {
        assertEquals(expected.put(id, i), map.put(id, i));
      } else {
        assertEquals(expected.remove(id), map.remove(id));
      }
      assertEquals(expected.size(), map.size());
    }
    for (ConnectionId id : ids) {
      assertEquals(expected.get(id), map.get(id));
      assertEquals(expected.get(id), map.get(id.toByteArray(), 0, id.length()));
    }
  }

  /**
   * RFC 9000 §7.2: a client chooses its first Destination Connection ID. IDs in a row, wherever in
   * the ID they count, must spread like random ones under every key.
   */
  @Test
  void idsChosenToCollideSpreadLikeRandomOnes() {
    var longs = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    int slots = 1024;
    byte[] id = new byte[8];
    for (int seed = 0; seed < 200; seed++) {
      ConnectionIdMap<Integer> keyed = new ConnectionIdMap<>(new SplittableRandom(seed));
      for (int shift = 0; shift < Long.SIZE; shift += 8) {
        BitSet used = new BitSet(slots);
        for (long i = 0; i < slots; i++) {
          longs.set(id, 0, Long.rotateLeft(i, shift));
          used.set(keyed.hash(id, 0, id.length) & (slots - 1));
        }
        // Random ones use 647 slots on average, standard deviation 10.
        int distinct = used.cardinality();
        assertTrue(distinct > 580, "seed " + seed + ", shift " + shift + ": " + distinct);
      }
    }
  }

  /** Who does not know the key cannot tell which IDs share a slot. */
  @Test
  void anotherKeyPutsIdsElsewhere() {
    ConnectionIdMap<Integer> other = new ConnectionIdMap<>(new SplittableRandom(2));
    SplittableRandom random = new SplittableRandom(3);
    int collisionsThatStay = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] a = ConnectionId.random(random, 12).toByteArray();
      byte[] b = ConnectionId.random(random, 12).toByteArray();
      if (((map.hash(a, 0, 12) ^ map.hash(b, 0, 12)) & 0xff) == 0
          && ((other.hash(a, 0, 12) ^ other.hash(b, 0, 12)) & 0xff) == 0) {
        collisionsThatStay++;
      }
    }
    // 200,000 / 256 / 256 is three.
    assertTrue(collisionsThatStay < 20, "collisions under both keys: " + collisionsThatStay);
  }
}
