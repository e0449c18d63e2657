package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PacketNumbersTest {
  /** RFC 9000 §A.2. */
  @Test
  void encodesTheExamplesOfA2() {
    assertEquals(2, PacketNumbers.encodedBytes(0xac5c02, 0xabe8b3));
    assertEquals(3, PacketNumbers.encodedBytes(0xace8fe, 0xabe8b3));
  }

  /** RFC 9000 §A.3. */
  @Test
  void decodesTheExampleOfA3() {
    assertEquals(0xa82f9b32L, PacketNumbers.decode(0x9b32, 2, 0xa82f30eaL));
  }

  /** RFC 9000 §17.1: "able to represent more than twice as large a range". */
  @Test
  void usesTheFewestBytesThatHoldMoreThanTwiceTheUnacknowledgedRange() {
    assertEquals(1, PacketNumbers.encodedBytes(127, 0));
    assertEquals(2, PacketNumbers.encodedBytes(128, 0));
    assertEquals(2, PacketNumbers.encodedBytes((1 << 15) - 1, 0));
    assertEquals(3, PacketNumbers.encodedBytes(1 << 15, 0));
    assertEquals(3, PacketNumbers.encodedBytes((1 << 23) - 1, 0));
    assertEquals(4, PacketNumbers.encodedBytes(1 << 23, 0));
    assertEquals(4, PacketNumbers.encodedBytes((1L << 31) - 1, 0));
    assertThrows(IllegalArgumentException.class, () -> PacketNumbers.encodedBytes(1L << 31, 0));
  }

  /** RFC 9000 §17.1: the full number until something has been acknowledged. */
  @Test
  void sendsTheFullNumberBeforeTheFirstAcknowledgement() {
    for (long packetNumber = 0; packetNumber < 100_000; packetNumber++) {
      int bytes = PacketNumbers.encodedBytes(packetNumber, -1);
      assertEquals(0, packetNumber >>> (8 * bytes));
    }
  }

  @Test
  void refusesANumberThatIsAlreadyAcknowledged() {
    assertThrows(IllegalArgumentException.class, () -> PacketNumbers.encodedBytes(5, 5));
  }

  /** Whatever the receiver has seen between what it acknowledged and twice as far ahead. */
  @Test
  void decodesWhatWasEncodedHoweverFarTheReceiverIs() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      long largestAcked = random.nextLong(1L << random.nextInt(1, 62)) - 1;
      long unacked = random.nextLong(1, 1L << random.nextInt(1, 31));
      long packetNumber = Math.min(largestAcked + unacked, PacketNumbers.MAX);
      int bytes = PacketNumbers.encodedBytes(packetNumber, largestAcked);
      long truncated = packetNumber & ((1L << (8 * bytes)) - 1);
      long ahead = Math.min(packetNumber + (1L << (8 * bytes - 1)) - 2, PacketNumbers.MAX);
      long largestReceived = random.nextLong(largestAcked, ahead + 1);
      assertEquals(
          packetNumber,
          PacketNumbers.decode(truncated, bytes, largestReceived),
          () -> packetNumber + " in " + bytes + " bytes after " + largestReceived);
    }
  }

  @Test
  void decodesAtBothEndsOfTheNumberSpace() {
    assertEquals(0, PacketNumbers.decode(0, 1, -1));
    assertEquals(255, PacketNumbers.decode(255, 1, -1));
    assertEquals(0xffff_ffffL, PacketNumbers.decode(0xffff_ffffL, 4, -1));
    assertEquals(PacketNumbers.MAX, PacketNumbers.decode(0xff, 1, PacketNumbers.MAX - 1));
    assertEquals(PacketNumbers.MAX, PacketNumbers.decode(0xff, 1, PacketNumbers.MAX));
  }
}
