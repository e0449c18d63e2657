package dev.memux.engine.packet;

import static dev.memux.engine.packet.Rfc9001Samples.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** RFC 9001 appendix A, byte for byte. */
class Rfc9001SamplesTest {
  private static final CipherSuite CHACHA20 = CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
  private static final byte[] NO_TOKEN = {};

  private static final byte[] CHACHA20_SECRET =
      hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
  private static final byte[] CHACHA20_PACKET = hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb");
  private static final long CHACHA20_PACKET_NUMBER = 654360564;

  @Test
  void initialSecretsAreThoseOfA1() {
    assertArrayEquals(
        hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"),
        InitialSecrets.client(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID));
    assertArrayEquals(
        hex("3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b"),
        InitialSecrets.server(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID));
  }

  @Test
  void theRetryPacketIsThatOfA4() {
    byte[] sample =
        hex("ff000000010008f067a5502a4262b574" + "6f6b656e04a265ba2eff4d829058fb3f0f2496ba");
    assertTrue(
        RetryPacket.isAuthentic(
            QuicVersion.V1, sample, 0, sample.length, Rfc9001Samples.CLIENT_DCID));
    assertFalse(
        RetryPacket.isAuthentic(QuicVersion.V1, sample, 0, sample.length, ConnectionId.EMPTY));
    byte[] written = new byte[sample.length];
    int end =
        RetryPacket.write(
            QuicVersion.V1,
            written,
            0,
            ConnectionId.EMPTY,
            ConnectionId.of(hex("f067a5502a4262b5")),
            hex("746f6b656e"),
            Rfc9001Samples.CLIENT_DCID);
    assertEquals(sample.length, end);
    // Alike up to the tag but for the four bits that mean nothing (RFC 9000 §17.2.5).
    assertEquals((byte) 0xf0, written[0]);
    assertTrue(Arrays.equals(sample, 1, end - 16, written, 1, end - 16));
    assertTrue(
        RetryPacket.isAuthentic(QuicVersion.V1, written, 0, end, Rfc9001Samples.CLIENT_DCID));
  }

  @Test
  void headerProtectionKeysAreThoseOfA1() {
    assertArrayEquals(
        hex("9f50449e04a0e810283a1e9933adedd2"),
        PacketKeys.headerProtectionKey(
            QuicVersion.V1,
            InitialSecrets.SUITE,
            InitialSecrets.client(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID)));
    assertArrayEquals(
        hex("c206b8d9b9f0f37644430b490eeaa314"),
        PacketKeys.headerProtectionKey(
            QuicVersion.V1,
            InitialSecrets.SUITE,
            InitialSecrets.server(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID)));
  }

  @Test
  void headerProtectionMasksAreThoseOfA2A3AndA5() {
    assertEquals(
        0x437b9aec36L,
        PacketKeys.headerProtection(
                PacketProtection.JDK,
                QuicVersion.V1,
                InitialSecrets.SUITE,
                InitialSecrets.client(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID))
            .mask(hex("d1b1c98dd7689fb8ec11d242b123dc9b"), 0));
    assertEquals(
        0x2ec0d8356aL,
        PacketKeys.headerProtection(
                PacketProtection.JDK,
                QuicVersion.V1,
                InitialSecrets.SUITE,
                InitialSecrets.server(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID))
            .mask(hex("2cd0991cd25b0aac406a5816b6394100"), 0));
    assertEquals(
        0xaefefe7d03L,
        PacketKeys.headerProtection(PacketProtection.JDK, QuicVersion.V1, CHACHA20, CHACHA20_SECRET)
            .mask(hex("5e5cd55c41f69080575d7999c25a5bfb"), 0));
  }

  @Test
  void clientInitialIsSealedAsInA2() {
    byte[] packet = new byte[1200];
    int headerBytes =
        HeaderWriter.writeLong(
            packet,
            0,
            PacketType.INITIAL,
            QuicVersion.V1,
            Rfc9001Samples.CLIENT_DCID,
            ConnectionId.EMPTY,
            NO_TOKEN,
            2,
            4);
    HeaderWriter.patchLength(packet, headerBytes, 4, 1162);
    assertArrayEquals(
        hex("c300000001088394c8f03e5157080000449e00000002"), Arrays.copyOf(packet, headerBytes));
    byte[] frame = Rfc9001Samples.CLIENT_CRYPTO_FRAME;
    System.arraycopy(frame, 0, packet, headerBytes, frame.length);

    byte[] out = new byte[1200];
    int length =
        new PacketSealer(
                InitialSecrets.SUITE,
                InitialSecrets.client(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID))
            .seal(packet, 0, headerBytes, 4, 1162, 2, out, 0);

    assertEquals(1200, length);
    assertArrayEquals(Rfc9001Samples.CLIENT_INITIAL, out);
  }

  @Test
  void clientInitialIsOpenedAsInA2() {
    byte[] datagram = Rfc9001Samples.CLIENT_INITIAL.clone();
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(datagram, 0, datagram.length, 8));
    assertEquals(PacketType.INITIAL, header.type());
    assertEquals(QuicVersion.V1, header.quicVersion());
    assertTrue(
        Rfc9001Samples.CLIENT_DCID.matches(datagram, header.dcidFrom(), header.dcidLength()));
    assertEquals(0, header.scidLength());
    assertEquals(0, header.tokenLength());
    assertEquals(18, header.packetNumberOffset());
    assertEquals(1200, header.packetEnd());

    byte[] plaintext = new byte[1200];
    PacketOpener opener =
        new PacketOpener(
            InitialSecrets.SUITE,
            InitialSecrets.client(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID));
    int length =
        opener.open(datagram, 0, header.packetNumberOffset(), header.packetEnd(), -1, plaintext, 0);

    assertEquals(1162, length);
    assertEquals(2, opener.packetNumber());
    assertEquals(4, opener.packetNumberBytes());
    assertEquals(0xc3, opener.firstByte());
    assertFalse(opener.hasReservedBits());
    byte[] expected = Arrays.copyOf(Rfc9001Samples.CLIENT_CRYPTO_FRAME, 1162);
    assertArrayEquals(expected, Arrays.copyOf(plaintext, 1162));
  }

  @Test
  void serverInitialIsSealedAndOpenedAsInA3() {
    byte[] payload = Rfc9001Samples.SERVER_PAYLOAD;
    byte[] packet = new byte[200];
    int headerBytes =
        HeaderWriter.writeLong(
            packet,
            0,
            PacketType.INITIAL,
            QuicVersion.V1,
            ConnectionId.EMPTY,
            ConnectionId.of(hex("f067a5502a4262b5")),
            NO_TOKEN,
            1,
            2);
    HeaderWriter.patchLength(packet, headerBytes, 2, payload.length);
    assertArrayEquals(
        hex("c1000000010008f067a5502a4262b50040750001"), Arrays.copyOf(packet, headerBytes));
    System.arraycopy(payload, 0, packet, headerBytes, payload.length);

    byte[] secret = InitialSecrets.server(QuicVersion.V1, Rfc9001Samples.CLIENT_DCID);
    byte[] out = new byte[200];
    int length =
        new PacketSealer(InitialSecrets.SUITE, secret)
            .seal(packet, 0, headerBytes, 2, payload.length, 1, out, 0);
    assertArrayEquals(Rfc9001Samples.SERVER_INITIAL, Arrays.copyOf(out, length));

    byte[] plaintext = new byte[200];
    PacketOpener opener = new PacketOpener(InitialSecrets.SUITE, secret);
    assertEquals(payload.length, opener.open(out, 0, 18, length, -1, plaintext, 0));
    assertEquals(1, opener.packetNumber());
    assertArrayEquals(payload, Arrays.copyOf(plaintext, payload.length));
  }

  @Test
  void retryIsRecognisedAsInA4() {
    byte[] datagram = Rfc9001Samples.RETRY;
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(datagram, 0, datagram.length, 8));
    assertEquals(PacketType.RETRY, header.type());
    assertEquals(0, header.dcidLength());
    assertEquals(
        ConnectionId.of(hex("f067a5502a4262b5")),
        ConnectionId.of(datagram, header.scidFrom(), header.scidLength()));
    assertArrayEquals(
        hex("746f6b656e"),
        Arrays.copyOfRange(
            datagram, header.tokenFrom(), header.tokenFrom() + header.tokenLength()));
    assertArrayEquals(
        hex("04a265ba2eff4d829058fb3f0f2496ba"),
        Arrays.copyOfRange(datagram, header.payloadFrom(), header.packetEnd()));
  }

  @Test
  void shortHeaderIsSealedWithChaCha20AsInA5() {
    byte[] packet = new byte[5];
    int headerBytes =
        HeaderWriter.writeShort(packet, 0, ConnectionId.EMPTY, false, CHACHA20_PACKET_NUMBER, 3);
    assertArrayEquals(hex("4200bff4"), Arrays.copyOf(packet, headerBytes));
    packet[headerBytes] = 0x01;

    byte[] out = new byte[21];
    int length =
        new PacketSealer(CHACHA20, CHACHA20_SECRET)
            .seal(packet, 0, headerBytes, 3, 1, CHACHA20_PACKET_NUMBER, out, 0);

    assertEquals(21, length);
    assertArrayEquals(CHACHA20_PACKET, out);
  }

  @Test
  void shortHeaderIsOpenedWithChaCha20AsInA5() {
    byte[] datagram = CHACHA20_PACKET.clone();
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(datagram, 0, datagram.length, 0));
    assertEquals(PacketType.ONE_RTT, header.type());

    byte[] plaintext = new byte[21];
    PacketOpener opener = new PacketOpener(CHACHA20, CHACHA20_SECRET);
    int length =
        opener.open(
            datagram,
            0,
            header.packetNumberOffset(),
            header.packetEnd(),
            CHACHA20_PACKET_NUMBER - 1,
            plaintext,
            0);

    assertEquals(1, length);
    assertEquals(0x01, plaintext[0]);
    assertEquals(CHACHA20_PACKET_NUMBER, opener.packetNumber());
    assertEquals(0x42, opener.firstByte());
    assertFalse(opener.keyPhase());
  }

  @Test
  void nextSecretIsThatOfA5() {
    assertArrayEquals(
        hex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"),
        PacketKeys.nextSecret(QuicVersion.V1, CHACHA20, CHACHA20_SECRET));
  }
}
