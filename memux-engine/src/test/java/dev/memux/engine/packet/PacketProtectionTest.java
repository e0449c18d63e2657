package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link PacketSealer} against {@link PacketOpener}. */
class PacketProtectionTest {
  private static final ConnectionId DCID = ConnectionId.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
  private static final byte[] NO_TOKEN = {};
  private static final int MAX_PACKET_BYTES = 1500;

  private final byte[] packet = new byte[MAX_PACKET_BYTES];
  private final byte[] datagram = new byte[MAX_PACKET_BYTES];
  private final byte[] plaintext = new byte[MAX_PACKET_BYTES];

  @ParameterizedTest
  @EnumSource
  void opensWhatWasSealedForAllLengthsAndPacketNumberLengths(CipherSuite suite) {
    PacketSealer sealer = new PacketSealer(suite, secret(suite));
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    SplittableRandom random = new SplittableRandom(7);
    long packetNumber = 0x1234_5678_9abcL;
    for (int packetNumberBytes = 1; packetNumberBytes <= 4; packetNumberBytes++) {
      int least = PacketSealer.minPayloadBytes(packetNumberBytes);
      for (int payloadBytes = least;
          payloadBytes <= 1200;
          payloadBytes += lengthStep(payloadBytes)) {
        boolean keyPhase = random.nextBoolean();
        int headerBytes =
            HeaderWriter.writeShort(packet, 0, DCID, keyPhase, packetNumber, packetNumberBytes);
        fill(packet, headerBytes, payloadBytes, random);
        byte[] unsealed = Arrays.copyOf(packet, headerBytes + payloadBytes);

        int length =
            sealer.seal(
                packet, 0, headerBytes, packetNumberBytes, payloadBytes, packetNumber, datagram, 5);
        assertEquals(headerBytes + payloadBytes + sealer.tagBytes(), length);
        assertArrayEquals(unsealed, Arrays.copyOf(packet, headerBytes + payloadBytes));

        int opened = opener.open(datagram, 5, 5 + 9, 5 + length, packetNumber - 1, plaintext, 11);
        assertEquals(payloadBytes, opened);
        assertEquals(packetNumber, opener.packetNumber());
        assertEquals(packetNumberBytes, opener.packetNumberBytes());
        assertEquals(unsealed[0] & 0xff, opener.firstByte());
        assertEquals(keyPhase, opener.keyPhase());
        assertFalse(opener.hasReservedBits());
        assertArrayEquals(
            Arrays.copyOfRange(unsealed, headerBytes, unsealed.length),
            Arrays.copyOfRange(plaintext, 11, 11 + opened));
        // The header has been bared in place.
        assertArrayEquals(
            Arrays.copyOf(unsealed, headerBytes), Arrays.copyOfRange(datagram, 5, 5 + headerBytes));
        packetNumber++;
      }
    }
    assertEquals(0, opener.failedOpens());
  }

  private static int lengthStep(int payloadBytes) {
    return payloadBytes < 80 ? 1 : 37;
  }

  @ParameterizedTest
  @EnumSource
  void sealsInPlace(CipherSuite suite) {
    int headerBytes = writePacket(1000, 4);
    byte[] unsealed = Arrays.copyOf(packet, headerBytes + 1000);
    int length =
        new PacketSealer(suite, secret(suite))
            .seal(packet, 0, headerBytes, 4, 1000, 77, datagram, 0);
    int lengthInPlace =
        new PacketSealer(suite, secret(suite)).seal(packet, 0, headerBytes, 4, 1000, 77, packet, 0);
    assertArrayEquals(Arrays.copyOf(datagram, length), Arrays.copyOf(packet, lengthInPlace));
    assertEquals(
        1000, new PacketOpener(suite, secret(suite)).open(packet, 0, 9, length, -1, plaintext, 0));
    assertArrayEquals(
        Arrays.copyOfRange(unsealed, headerBytes, unsealed.length), Arrays.copyOf(plaintext, 1000));
  }

  @ParameterizedTest
  @EnumSource
  void opensEveryPacketOfACoalescedDatagram(CipherSuite suite) {
    byte[] clientInitial = InitialSecrets.client(QuicVersion.V1, DCID);
    PacketSealer initial = new PacketSealer(InitialSecrets.SUITE, clientInitial);
    PacketSealer later = new PacketSealer(suite, secret(suite));
    int at = appendLong(PacketType.INITIAL, initial, 0, 300, 0);
    at = appendLong(PacketType.HANDSHAKE, later, 0, 200, at);
    int headerBytes = HeaderWriter.writeShort(packet, 0, DCID, false, 1, 1);
    Arrays.fill(packet, headerBytes, headerBytes + 100, (byte) 'o');
    at += later.seal(packet, 0, headerBytes, 1, 100, 1, datagram, at);

    PacketHeader header = new PacketHeader();
    PacketOpener initialOpener = new PacketOpener(InitialSecrets.SUITE, clientInitial);
    PacketOpener laterOpener = new PacketOpener(suite, secret(suite));
    int[] lengths = {300, 200, 100};
    int from = 0;
    for (int i = 0; i < lengths.length; i++) {
      assertTrue(header.parse(datagram, from, at, 8));
      PacketOpener opener = i == 0 ? initialOpener : laterOpener;
      assertEquals(
          lengths[i],
          opener.open(
              datagram,
              from,
              header.packetNumberOffset(),
              header.packetEnd(),
              i == 2 ? 0 : -1,
              plaintext,
              0));
      from = header.packetEnd();
    }
    assertEquals(at, from);
  }

  private int appendLong(
      PacketType type, PacketSealer sealer, long packetNumber, int payloadBytes, int at) {
    int headerBytes =
        HeaderWriter.writeLong(
            packet, 0, type, QuicVersion.V1, DCID, DCID, NO_TOKEN, packetNumber, 2);
    HeaderWriter.patchLength(packet, headerBytes, 2, payloadBytes);
    Arrays.fill(packet, headerBytes, headerBytes + payloadBytes, (byte) payloadBytes);
    return at + sealer.seal(packet, 0, headerBytes, 2, payloadBytes, packetNumber, datagram, at);
  }

  /** RFC 9001 §5.3: header and payload are authenticated, to the last bit. */
  @ParameterizedTest
  @EnumSource
  void refusesAPacketWithAnyBitFlipped(CipherSuite suite) {
    int length = sealPacket(suite, 40, 2);
    byte[] sealed = Arrays.copyOf(datagram, length);
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    for (int bit = 0; bit < length * 8; bit++) {
      byte[] tampered = sealed.clone();
      tampered[bit / 8] ^= (byte) (1 << bit % 8);
      byte[] received = tampered.clone();
      assertEquals(-1, opener.open(received, 0, 9, length, 76, plaintext, 0), "bit " + bit);
      assertArrayEquals(tampered, received, "the datagram must be left as it came");
      assertEquals(bit + 1, opener.failedOpens());
    }
    assertArrayEquals(new byte[MAX_PACKET_BYTES], plaintext, "unauthentic plaintext");
    assertEquals(40, opener.open(sealed, 0, 9, length, 76, plaintext, 0));
  }

  @ParameterizedTest
  @EnumSource
  void leavesNoPlaintextOfALongPacketThatIsNotAuthentic(CipherSuite suite) {
    int length = sealPacket(suite, 1200, 4);
    datagram[length - 1] ^= 1;
    assertEquals(
        -1, new PacketOpener(suite, secret(suite)).open(datagram, 0, 9, length, 76, plaintext, 0));
    assertArrayEquals(new byte[MAX_PACKET_BYTES], plaintext);
  }

  @ParameterizedTest
  @EnumSource
  void refusesAPacketUnderAnotherKeyOrAnotherPacketNumber(CipherSuite suite) {
    int length = sealPacket(suite, 100, 1);
    byte[] otherSecret = secret(suite);
    otherSecret[0] ^= 1;
    assertEquals(
        -1, new PacketOpener(suite, otherSecret).open(datagram, 0, 9, length, 76, plaintext, 0));
    // One byte of packet number is restored wrongly if the receiver is elsewhere.
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    assertEquals(-1, opener.open(datagram, 0, 9, length, 76 + 1000, plaintext, 0));
    assertEquals(100, opener.open(datagram, 0, 9, length, 76, plaintext, 0));
  }

  /** The JDK refuses a nonce twice, but only to encrypt: duplicates are for the caller to drop. */
  @ParameterizedTest
  @EnumSource
  void opensADuplicateAgain(CipherSuite suite) {
    int length = sealPacket(suite, 100, 2);
    byte[] sealed = Arrays.copyOf(datagram, length);
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    for (int i = 0; i < 3; i++) {
      assertEquals(100, opener.open(sealed.clone(), 0, 9, length, 76, plaintext, 0));
      byte[] forged = sealed.clone();
      forged[length - 1] ^= 1;
      assertEquals(-1, opener.open(forged, 0, 9, length, 76, plaintext, 0));
    }
    assertEquals(3, opener.failedOpens());
  }

  /** RFC 9001 §5.4.2: too short for a sample is discarded, and is no failed authentication. */
  @ParameterizedTest
  @EnumSource
  void refusesPacketsTooShortForASample(CipherSuite suite) {
    int length = sealPacket(suite, PacketSealer.minPayloadBytes(1), 1);
    assertEquals(9 + 4 + 16, length);
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    byte[] sealed = Arrays.copyOf(datagram, length);
    for (int end = 9; end < length; end++) {
      assertEquals(-1, opener.open(datagram, 0, 9, end, 76, plaintext, 0));
      // Nothing was touched, even in an array that ends there.
      assertEquals(-1, opener.open(Arrays.copyOf(datagram, end), 0, 9, end, 76, plaintext, 0));
    }
    assertArrayEquals(sealed, Arrays.copyOf(datagram, length));
    assertEquals(0, opener.failedOpens());
    assertEquals(3, opener.open(datagram, 0, 9, length, 76, plaintext, 0));
  }

  /** RFC 9000 §12.4, RFC 9001 §5.4.2: at least one frame, and enough bytes for a sample. */
  @Test
  void demandsEnoughPayload() {
    assertEquals(3, PacketSealer.minPayloadBytes(1));
    assertEquals(2, PacketSealer.minPayloadBytes(2));
    assertEquals(1, PacketSealer.minPayloadBytes(3));
    assertEquals(1, PacketSealer.minPayloadBytes(4));
    PacketSealer sealer = new PacketSealer(InitialSecrets.SUITE, new byte[32]);
    assertThrows(
        IllegalArgumentException.class, () -> sealer.seal(packet, 0, 10, 1, 2, 0, datagram, 0));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> sealer.seal(packet, 0, 10, 1, 100, 0, new byte[125], 0));
    assertEquals(0, sealer.packetsSealed());
  }

  /** RFC 9000 §12.3: a packet number is never used twice. */
  @ParameterizedTest
  @EnumSource
  void refusesToSealAPacketNumberTwice(CipherSuite suite) {
    PacketSealer sealer = new PacketSealer(suite, secret(suite));
    int headerBytes = writePacket(100, 4);
    sealer.seal(packet, 0, headerBytes, 4, 100, 77, datagram, 0);
    for (long packetNumber : new long[] {77, 76, 0, -1, 1L << 62}) {
      HeaderWriter.writeShort(packet, 0, DCID, false, packetNumber, 4);
      assertThrows(
          IllegalStateException.class,
          () -> sealer.seal(packet, 0, headerBytes, 4, 100, packetNumber, datagram, 0));
    }
    HeaderWriter.writeShort(packet, 0, DCID, false, PacketNumbers.MAX, 4);
    sealer.seal(packet, 0, headerBytes, 4, 100, PacketNumbers.MAX, datagram, 0);
    assertEquals(2, sealer.packetsSealed());
  }

  @Test
  void refusesAHeaderThatNamesAnotherPacketNumber() {
    PacketSealer sealer = new PacketSealer(InitialSecrets.SUITE, secret(InitialSecrets.SUITE));
    int headerBytes = writePacket(100, 2);
    assertThrows(
        IllegalArgumentException.class,
        () -> sealer.seal(packet, 0, headerBytes, 2, 100, 78, datagram, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> sealer.seal(packet, 0, headerBytes, 3, 100, 77, datagram, 0));
    sealer.seal(packet, 0, headerBytes, 2, 100, 0x1_0000 + 77, datagram, 0);
  }

  /** RFC 9000 §12.3: no packet has a number above 2^62 - 1. */
  @Test
  void refusesAPacketWhoseNumberWouldBeTooLarge() {
    int length = sealPacket(InitialSecrets.SUITE, 100, 1);
    byte[] sealed = Arrays.copyOf(datagram, length);
    PacketOpener opener = new PacketOpener(InitialSecrets.SUITE, secret(InitialSecrets.SUITE));
    assertEquals(-1, opener.open(datagram, 0, 9, length, PacketNumbers.MAX, plaintext, 0));
    assertArrayEquals(sealed, Arrays.copyOf(datagram, length));
  }

  @Test
  void tellsReservedBits() {
    for (int bits : new int[] {0x08, 0x10, 0x18}) {
      assertTrue(reservedBitsAfter(0x43 | bits), "short header, bits " + bits);
    }
    for (int bits : new int[] {0x04, 0x08, 0x0c}) {
      assertTrue(reservedBitsAfter(0xe3 | bits), "long header, bits " + bits);
    }
    assertFalse(reservedBitsAfter(0x43 | 0x20 | 0x04));
    assertFalse(reservedBitsAfter(0xf3));
  }

  private boolean reservedBitsAfter(int firstByte) {
    CipherSuite suite = InitialSecrets.SUITE;
    int headerBytes = writePacket(100, 4);
    packet[0] = (byte) firstByte;
    int length =
        new PacketSealer(suite, secret(suite))
            .seal(packet, 0, headerBytes, 4, 100, 77, datagram, 0);
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    assertEquals(100, opener.open(datagram, 0, 9, length, 76, plaintext, 0));
    assertEquals(firstByte, opener.firstByte());
    return opener.hasReservedBits();
  }

  /** RFC 9001 §6: the key changes, header protection does not. */
  @ParameterizedTest
  @EnumSource
  void followsAKeyUpdate(CipherSuite suite) {
    PacketSealer sealer = new PacketSealer(suite, secret(suite));
    PacketSealer nextSealer = sealer.next();
    int headerBytes = HeaderWriter.writeShort(packet, 0, DCID, true, 8, 1);
    int length = nextSealer.seal(packet, 0, headerBytes, 1, 100, 8, datagram, 0);
    assertEquals(0, sealer.packetsSealed());
    assertEquals(1, nextSealer.packetsSealed());

    PacketOpener opener = new PacketOpener(suite, secret(suite));
    PacketOpener nextOpener = opener.next();
    assertTrue(opener.unprotect(datagram, 0, 9, length, 7));
    assertTrue(opener.keyPhase());
    assertEquals(8, opener.packetNumber());
    assertEquals(100, nextOpener.decrypt(datagram, plaintext, 0));

    headerBytes = HeaderWriter.writeShort(packet, 0, DCID, true, 9, 1);
    length = nextSealer.seal(packet, 0, headerBytes, 1, 100, 9, datagram, 0);
    assertEquals(-1, opener.open(datagram, 0, 9, length, 8, plaintext, 0));
    assertEquals(1, nextOpener.failedOpens(), "failures count over all keys");
    assertEquals(100, nextOpener.open(datagram, 0, 9, length, 8, plaintext, 0));
    assertEquals(-1, nextOpener.next().open(datagram, 0, 9, length, 8, plaintext, 0));
  }

  @Test
  void everyKeyUpdateBringsAnotherKey() {
    CipherSuite suite = CipherSuite.TLS_AES_256_GCM_SHA384;
    PacketSealer sealer = new PacketSealer(suite, secret(suite));
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    byte[] before = new byte[0];
    for (int phase = 0; phase < 5; phase++) {
      int headerBytes = HeaderWriter.writeShort(packet, 0, DCID, false, 1, 1);
      int length = sealer.seal(packet, 0, headerBytes, 1, 100, 1, datagram, 0);
      byte[] sealed = Arrays.copyOf(datagram, length);
      assertNotEquals(Arrays.hashCode(before), Arrays.hashCode(sealed));
      assertEquals(100, opener.open(datagram, 0, 9, length, 0, plaintext, 0));
      before = sealed;
      sealer = sealer.next();
      opener = opener.next();
    }
  }

  /** RFC 9001 §6.6. */
  @Test
  void namesTheLimitsOfEachAead() {
    for (CipherSuite suite : CipherSuite.values()) {
      boolean chacha20 = suite == CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
      assertEquals(
          chacha20 ? Long.MAX_VALUE : 1L << 23,
          new PacketSealer(suite, secret(suite)).confidentialityLimit());
      assertEquals(
          chacha20 ? 1L << 36 : 1L << 52, new PacketOpener(suite, secret(suite)).integrityLimit());
    }
  }

  @ParameterizedTest
  @EnumSource
  void neverThrowsOnGarbage(CipherSuite suite) {
    SplittableRandom random = new SplittableRandom(3);
    PacketOpener opener = new PacketOpener(suite, secret(suite));
    PacketHeader header = new PacketHeader();
    for (int i = 0; i < 5_000; i++) {
      byte[] d = new byte[random.nextInt(21, 100)];
      random.nextBytes(d);
      d[0] = (byte) ((d[0] & 0x7f) | 0x40);
      assertTrue(header.parse(d, 0, d.length, 8));
      assertEquals(
          -1,
          opener.open(
              d,
              0,
              header.packetNumberOffset(),
              header.packetEnd(),
              random.nextLong(1L << 62),
              plaintext,
              0));
    }
  }

  /** A secret that the caller wipes afterwards must not be gone for key updates. */
  @Test
  void keepsItsOwnCopyOfTheSecret() {
    CipherSuite suite = InitialSecrets.SUITE;
    byte[] secret = secret(suite);
    PacketSealer sealer = new PacketSealer(suite, secret);
    PacketOpener opener = new PacketOpener(suite, secret);
    Arrays.fill(secret, (byte) 0);
    int headerBytes = writePacket(100, 4);
    int length = sealer.next().seal(packet, 0, headerBytes, 4, 100, 77, datagram, 0);
    assertEquals(
        100,
        new PacketOpener(suite, secret(suite))
            .next()
            .open(datagram.clone(), 0, 9, length, 76, plaintext, 0));
    assertEquals(100, opener.next().open(datagram, 0, 9, length, 76, plaintext, 0));
  }

  /** Seals packet 77 into {@link #datagram}. */
  private int sealPacket(CipherSuite suite, int payloadBytes, int packetNumberBytes) {
    int headerBytes = writePacket(payloadBytes, packetNumberBytes);
    return new PacketSealer(suite, secret(suite))
        .seal(packet, 0, headerBytes, packetNumberBytes, payloadBytes, 77, datagram, 0);
  }

  private int writePacket(int payloadBytes, int packetNumberBytes) {
    int headerBytes = HeaderWriter.writeShort(packet, 0, DCID, false, 77, packetNumberBytes);
    fill(packet, headerBytes, payloadBytes, new SplittableRandom(5));
    return headerBytes;
  }

  private static void fill(byte[] out, int from, int length, SplittableRandom random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    System.arraycopy(bytes, 0, out, from, length);
  }

  private static byte[] secret(CipherSuite suite) {
    byte[] secret = new byte[suite.hashBytes()];
    new SplittableRandom(11).nextBytes(secret);
    return secret;
  }
}
