package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConnectionIdGeneratorTest {
  private static final byte[] KEY = Rfc9001Samples.hex("000102030405060708090a0b0c0d0e0f");

  @Test
  void everyLoopIsFoundAgainByEveryGeneratorWithTheKey() {
    ConnectionIdGenerator router = generator(0, 99);
    for (int loop = 0; loop < ConnectionIdGenerator.MAX_LOOPS; loop++) {
      ConnectionIdGenerator generator = generator(loop, loop);
      for (int i = 0; i < 100; i++) {
        ConnectionId id = generator.next();
        assertEquals(ConnectionIdGenerator.CONNECTION_ID_BYTES, id.length());
        byte[] datagram = new byte[30];
        id.writeTo(datagram, 1);
        assertEquals(loop, router.loopIndex(datagram, 1));
        assertEquals(loop, generator.loopIndex(datagram, 1));
      }
    }
  }

  @Test
  void noIdIsIssuedTwiceByAnyLoop() {
    Set<ConnectionId> issued = new HashSet<>();
    for (int loop = 0; loop < 8; loop++) {
      // The same start of the count in all loops: their index keeps them apart.
      ConnectionIdGenerator generator = generator(loop, 1);
      for (int i = 0; i < 25_000; i++) {
        assertTrue(issued.add(generator.next()));
      }
    }
  }

  @Test
  void recognisesIdsUnderAnotherKeyAndForeignIds() {
    byte[] otherKey = KEY.clone();
    otherKey[15] ^= 1;
    ConnectionIdGenerator other = new ConnectionIdGenerator(otherKey, 3, new SplittableRandom(1));
    ConnectionIdGenerator generator = generator(3, 1);
    SplittableRandom random = new SplittableRandom(2);
    int trials = 100_000;
    int otherAccepted = 0;
    int randomAccepted = 0;
    for (int i = 0; i < trials; i++) {
      otherAccepted += generator.loopIndex(other.next().toByteArray(), 0) >= 0 ? 1 : 0;
      byte[] made = ConnectionId.random(random, 8).toByteArray();
      randomAccepted += generator.loopIndex(made, 0) >= 0 ? 1 : 0;
    }
    // One in 256 is 391 of them; the bounds are five standard deviations away.
    assertTrue(Math.abs(otherAccepted - 391) < 100, "accepted " + otherAccepted);
    assertTrue(Math.abs(randomAccepted - 391) < 100, "accepted " + randomAccepted);
  }

  /** RFC 9000 §5.1: neither the loop nor the count may show through. */
  @Test
  void idsOfOneLoopLookLikeRandomBytes() {
    ConnectionIdGenerator generator = generator(0, 4);
    int trials = 20_000;
    int[] set = new int[64];
    int[] flipped = new int[64];
    int[] firstBytes = new int[256];
    byte[] before = generator.next().toByteArray();
    for (int i = 0; i < trials; i++) {
      byte[] id = generator.next().toByteArray();
      for (int bit = 0; bit < 64; bit++) {
        set[bit] += id[bit / 8] >> bit % 8 & 1;
        flipped[bit] += (id[bit / 8] ^ before[bit / 8]) >> bit % 8 & 1;
      }
      firstBytes[id[0] & 0xff]++;
      before = id;
    }
    // Half of them, within five standard deviations (71 each).
    for (int bit = 0; bit < 64; bit++) {
      assertTrue(Math.abs(set[bit] - trials / 2) < 355, "bit " + bit + " set " + set[bit]);
      assertTrue(Math.abs(flipped[bit] - trials / 2) < 355, "bit " + bit + " flips");
    }
    double chiSquare = 0;
    double expected = trials / 256.0;
    for (int count : firstBytes) {
      chiSquare += (count - expected) * (count - expected) / expected;
    }
    // 255 degrees of freedom: 255 on average, standard deviation 23.
    assertTrue(chiSquare > 140 && chiSquare < 370, "chi square " + chiSquare);
  }

  @Test
  void followsTheInjectedRandomness() {
    assertEquals(generator(7, 5).next(), generator(7, 5).next());
    assertNotEquals(generator(7, 5).next(), generator(7, 6).next());
  }

  /** Servers of one fleet, old and new, must understand each other's IDs: the format is fixed. */
  @Test
  void theFormatStaysAsItIs() {
    ConnectionIdGenerator generator =
        new ConnectionIdGenerator(KEY, 0xa5, () -> 0x7fff_1234_5678_9abcL);
    assertEquals("d552c1cdbcb43874", generator.next().toString());
    assertEquals("80cc2efa88e13d55", generator.next().toString());
  }

  @Test
  void theCountWrapsAround() {
    ConnectionIdGenerator generator = new ConnectionIdGenerator(KEY, 0xff, () -> -2);
    for (int i = 0; i < 4; i++) {
      assertEquals(0xff, generator.loopIndex(generator.next().toByteArray(), 0));
    }
  }

  @Test
  void refusesABadKeyOrLoop() {
    SplittableRandom random = new SplittableRandom(1);
    assertThrows(
        IllegalArgumentException.class, () -> new ConnectionIdGenerator(new byte[15], 0, random));
    assertThrows(IllegalArgumentException.class, () -> new ConnectionIdGenerator(KEY, 256, random));
    assertThrows(IllegalArgumentException.class, () -> new ConnectionIdGenerator(KEY, -1, random));
  }

  private static ConnectionIdGenerator generator(int loop, long seed) {
    return new ConnectionIdGenerator(KEY, loop, new SplittableRandom(seed));
  }
}
