package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** What {@link TicketKeysTest} does not see: contexts, and clocks that begin anywhere. */
class KeyRingTest {
  private static final byte[] CONTENT = {1, 2, 3};
  private static final byte[] CONTEXT = {4, 5};

  private final KeyRing ring = new KeyRing(100, new SeededRandom(1));

  @Test
  void whatIsSealedForOneContextIsWorthNothingInAnother() {
    byte[] sealed = ring.seal(CONTENT, CONTEXT, 0);
    assertEquals(CONTENT.length + KeyRing.OVERHEAD_BYTES, sealed.length);
    assertArrayEquals(CONTENT, ring.open(sealed, CONTEXT, 0));
    assertNull(ring.open(sealed, new byte[] {4, 6}, 0));
    assertNull(ring.open(sealed, new byte[0], 0));
  }

  @Test
  void aMonotonicClockMayBeginAnywhere() {
    long start = Long.MAX_VALUE - 10; // and so it overflows
    byte[] sealed = ring.seal(CONTENT, CONTEXT, start);
    assertNotNull(ring.open(sealed, CONTEXT, start + 99));
    assertNull(ring.open(sealed, CONTEXT, start + 100 + 25));
  }

  @Test
  void aLifetimeMustBeLongEnoughToChangeKeysIn() {
    assertThrows(IllegalArgumentException.class, () -> new KeyRing(3, new SeededRandom(1)));
  }
}
