package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConnectionIdTest {
  private static final byte[] BYTES = {0, 1, 2, 3, 4, 5};

  @Test
  void isAValue() {
    ConnectionId id = ConnectionId.of(BYTES, 1, 4);
    assertEquals(ConnectionId.of(new byte[] {1, 2, 3, 4}), id);
    assertEquals(ConnectionId.of(new byte[] {1, 2, 3, 4}).hashCode(), id.hashCode());
    assertNotEquals(ConnectionId.of(new byte[] {1, 2, 3, 5}), id);
    assertNotEquals(ConnectionId.of(new byte[] {1, 2, 3}), id);
    assertEquals("01020304", id.toString());
    assertEquals(4, id.length());
  }

  @Test
  void doesNotChangeWithItsSourceOrWhatItHandsOut() {
    byte[] source = {1, 2, 3};
    ConnectionId id = ConnectionId.of(source);
    source[0] = 9;
    id.toByteArray()[1] = 9;
    assertArrayEquals(new byte[] {1, 2, 3}, id.toByteArray());
  }

  @Test
  void isWrittenAndRecognisedInPlace() {
    ConnectionId id = ConnectionId.of(BYTES, 1, 4);
    byte[] out = new byte[8];
    assertEquals(7, id.writeTo(out, 3));
    assertTrue(id.matches(out, 3, 4));
    assertFalse(id.matches(out, 2, 4));
    assertFalse(id.matches(out, 3, 3));
    assertTrue(ConnectionId.EMPTY.matches(out, 5, 0));
  }

  /** RFC 9000 §17.2: 0 to 20 bytes. */
  @Test
  void hasAtMost20Bytes() {
    assertEquals(20, ConnectionId.of(new byte[20]).length());
    assertThrows(IllegalArgumentException.class, () -> ConnectionId.of(new byte[21]));
    assertThrows(
        IllegalArgumentException.class, () -> ConnectionId.random(new SplittableRandom(), 21));
    assertSame(ConnectionId.EMPTY, ConnectionId.of(new byte[0]));
  }

  @Test
  void randomIdsFollowTheirSource() {
    assertEquals(
        ConnectionId.random(new SplittableRandom(1), 8),
        ConnectionId.random(new SplittableRandom(1), 8));
    assertNotEquals(
        ConnectionId.random(new SplittableRandom(1), 8),
        ConnectionId.random(new SplittableRandom(2), 8));
  }
}
