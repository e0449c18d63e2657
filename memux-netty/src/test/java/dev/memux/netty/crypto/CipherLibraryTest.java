package dev.memux.netty.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packet protection by a native library: what the JDK's ciphers do, bit by bit. */
@EnabledOnOs(OS.LINUX) // elsewhere there may be none
abstract class CipherLibraryTest {
  private static final int HEADER_BYTES = 13;

  private final PacketProtection subject = library().newProtection();

  abstract CipherLibrary library();

  private final SplittableRandom random = new SplittableRandom(9);

  /** RFC 9001 A.5, and with it A.1 to A.3's AES by what both providers make of each other. */
  @Test
  void sealsAndOpensTheSampleOfA5() {
    CipherSuite suite = CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
    byte[] secret = hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
    byte[] packet = hex("4200bff401");
    byte[] sealed = new byte[packet.length + Aead.TAG_BYTES];
    PacketSealer sealer = new PacketSealer(subject, QuicVersion.V1, suite, secret);
    int length = sealer.seal(packet, 0, 4, 3, 1, 654_360_564, sealed, 0);
    assertEquals(sealed.length, length);
    assertArrayEquals(hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb"), sealed);

    byte[] plaintext = new byte[1];
    PacketOpener opener = new PacketOpener(subject, QuicVersion.V1, suite, secret);
    assertEquals(1, opener.open(sealed, 0, 1, length, 654_360_563, plaintext, 0));
    assertEquals(1, plaintext[0]);
    sealer.discard();
    opener.discard();
  }

  /** RFC 9001 A.1 has the keys and A.2, A.3 and A.5 the samples. */
  @Test
  void masksAreThoseOfA2A3AndA5() {
    try (HeaderProtection client =
            subject.headerProtection(
                InitialSecrets.SUITE, hex("9f50449e04a0e810283a1e9933adedd2"));
        HeaderProtection chaCha20 =
            subject.headerProtection(
                CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
                hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"))) {
      assertEquals(0x437b9aec36L, client.mask(hex("d1b1c98dd7689fb8ec11d242b123dc9b"), 0));
      assertEquals(0xaefefe7d03L, chaCha20.mask(hex("5e5cd55c41f69080575d7999c25a5bfb"), 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void sealsAsTheJdkDoesAndOpensWhatTheJdkHasSealed(CipherSuite suite) {
    byte[] key = bytes(suite.keyBytes());
    byte[] iv = bytes(Aead.NONCE_BYTES);
    try (Aead sealing = subject.sealing(suite, key, iv);
        Aead opening = subject.opening(suite, key, iv);
        Aead jdkSealing = PacketProtection.JDK.sealing(suite, key, iv)) {
      for (int round = 0; round < 500; round++) {
        long packetNumber = random.nextLong(1L << 62);
        int headerBytes = random.nextInt(1, 200);
        int payloadBytes = round < 40 ? round : random.nextInt(1, round % 50 == 0 ? 65_000 : 1600);
        int from = random.nextInt(100);
        int to = random.nextInt(100);
        byte[] packet = bytes(from + headerBytes + payloadBytes + 50);
        byte[] sealed = bytes(to + headerBytes + payloadBytes + Aead.TAG_BYTES + 50);
        System.arraycopy(packet, from, sealed, to, headerBytes);
        byte[] expected = sealed.clone();
        byte[] before = packet.clone();
        jdkSealing.seal(
            packetNumber, packet, from, headerBytes, payloadBytes, expected, to + headerBytes);
        sealing.seal(
            packetNumber, packet, from, headerBytes, payloadBytes, sealed, to + headerBytes);
        assertArrayEquals(expected, sealed);
        assertArrayEquals(before, packet);

        byte[] out = bytes(payloadBytes + 20);
        byte[] expectedOut = out.clone();
        System.arraycopy(packet, from + headerBytes, expectedOut, 7, payloadBytes);
        assertTrue(
            opening.open(
                packetNumber, sealed, to, headerBytes, payloadBytes + Aead.TAG_BYTES, out, 7));
        assertArrayEquals(expectedOut, out);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void masksHeadersAsTheJdkDoes(CipherSuite suite) {
    byte[] key = bytes(suite.keyBytes());
    try (HeaderProtection here = subject.headerProtection(suite, key);
        HeaderProtection jdk = PacketProtection.JDK.headerProtection(suite, key)) {
      byte[] samples = bytes(3000); // more than the library does itself
      for (int at = 0; at <= samples.length - HeaderProtection.SAMPLE_BYTES; at++) {
        assertEquals(jdk.mask(samples, at), here.mask(samples, at), "sample at " + at);
      }
      assertThrows(RuntimeException.class, () -> here.mask(samples, 2990));
    }
  }

  /** Each with sealer, opener, key updates and packet numbers of the other's. */
  @ParameterizedTest
  @EnumSource
  void whatOneSealsTheOtherOpensOverKeyUpdates(CipherSuite suite) {
    byte[] secret = bytes(suite.hashBytes());
    for (boolean jdkSeals : new boolean[] {true, false}) {
      PacketProtection one = jdkSeals ? PacketProtection.JDK : subject;
      PacketProtection other = jdkSeals ? subject : PacketProtection.JDK;
      PacketSealer sealer = new PacketSealer(one, QuicVersion.V1, suite, secret);
      PacketOpener opener = new PacketOpener(other, QuicVersion.V1, suite, secret);
      byte[] packet = new byte[1200];
      byte[] sealed = new byte[1200];
      byte[] opened = new byte[1200];
      for (int packetNumber = 0; packetNumber < 200; packetNumber++) {
        if (packetNumber % 50 == 49) {
          sealer = sealer.next();
          PacketOpener before = opener;
          opener = opener.next();
          before.discardKey();
        }
        int header = HeaderWriter.writeShort(packet, 0, ID, false, packetNumber, 2);
        int payload = random.nextInt(20, 1200 - header - Aead.TAG_BYTES);
        int length = sealer.seal(packet, 0, header, 2, payload, packetNumber, sealed, 0);
        assertEquals(payload, opener.open(sealed, 0, 9, length, packetNumber - 1, opened, 0));
        assertTrue(Arrays.equals(packet, header, header + payload, opened, 0, payload));
      }
      sealer.discard();
      opener.discard();
    }
  }

  private static final ConnectionId ID = ConnectionId.of(new byte[8]);

  /** RFC 9001 §5.3: header and payload are authenticated, and nobody sees what is not authentic. */
  @ParameterizedTest
  @EnumSource
  void refusesAPacketWithAnyBitFlippedAndLeavesNoPlaintext(CipherSuite suite) {
    byte[] key = bytes(suite.keyBytes());
    byte[] iv = bytes(Aead.NONCE_BYTES);
    int payloadBytes = 40;
    int sealedBytes = payloadBytes + Aead.TAG_BYTES;
    byte[] packet = bytes(HEADER_BYTES + sealedBytes);
    try (Aead sealing = subject.sealing(suite, key, iv);
        Aead opening = subject.opening(suite, key, iv)) {
      sealing.seal(5, packet, 0, HEADER_BYTES, payloadBytes, packet, HEADER_BYTES);
      byte[] out = new byte[payloadBytes];
      for (int bit = 0; bit < packet.length * Byte.SIZE; bit++) {
        packet[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        assertFalse(opening.open(5, packet, 0, HEADER_BYTES, sealedBytes, out, 0), "bit " + bit);
        assertArrayEquals(new byte[payloadBytes], out);
        packet[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      }
      assertFalse(opening.open(4, packet, 0, HEADER_BYTES, sealedBytes, out, 0), "other number");
      assertTrue(opening.open(5, packet, 0, HEADER_BYTES, sealedBytes, out, 0));
      assertTrue(opening.open(5, packet, 0, HEADER_BYTES, sealedBytes, out, 0), "a duplicate");
    }
  }

  /** What does not fit an array never gets to native code. */
  @ParameterizedTest
  @EnumSource
  void neverWorksOutsideOfArrays(CipherSuite suite) {
    byte[] key = bytes(suite.keyBytes());
    byte[] iv = bytes(Aead.NONCE_BYTES);
    byte[] packet = new byte[100];
    byte[] huge = new byte[100_000];
    try (Aead sealing = subject.sealing(suite, key, iv);
        Aead opening = subject.opening(suite, key, iv)) {
      assertOutOfBounds(() -> sealing.seal(0, packet, 0, 13, 88, huge, 0));
      assertOutOfBounds(() -> sealing.seal(0, packet, 0, 13, 80, new byte[95], 0));
      assertOutOfBounds(() -> sealing.seal(0, packet, -1, 13, 20, huge, 0));
      assertOutOfBounds(() -> sealing.seal(0, packet, 0, 13, -1, huge, 0));
      assertOutOfBounds(() -> opening.open(0, packet, 0, 13, 88, huge, 0));
      assertOutOfBounds(() -> opening.open(0, packet, 0, 13, 80, new byte[63], 0));
      assertOutOfBounds(() -> opening.open(0, packet, 0, 13, 15, huge, 0));
      assertOutOfBounds(() -> opening.open(0, packet, 90, 13, 20, huge, 0));
      assertOutOfBounds(() -> opening.open(0, packet, 0, 13, 80, huge, 100_000));
      assertOutOfBounds(() -> sealing.seal(0, packet, 0, 13, 80, huge, -1));
    }
  }

  private static void assertOutOfBounds(Runnable call) {
    assertThrows(IndexOutOfBoundsException.class, call::run);
  }

  @ParameterizedTest
  @EnumSource
  void aClosedKeyIsOfNoUse(CipherSuite suite) {
    long before = CipherLibrary.openKeys();
    Aead aead = subject.sealing(suite, new byte[suite.keyBytes()], new byte[12]);
    HeaderProtection header = subject.headerProtection(suite, new byte[suite.keyBytes()]);
    assertTrue(CipherLibrary.openKeys() > before);
    for (int i = 0; i < 2; i++) {
      aead.close();
      header.close();
    }
    assertThrows(
        IllegalStateException.class, () -> aead.seal(0, new byte[50], 0, 1, 4, new byte[50], 1));
    assertThrows(IllegalStateException.class, () -> header.mask(new byte[16], 0));
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
