package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Removes the protection of the packets of one direction: header first, then payload (RFC 9001
 * §5.3, §5.4). Never throws for anything a peer can send.
 *
 * <p>Levels without key updates call {@link #open}. 1-RTT packets tell only behind their header
 * protection which key phase they belong to: {@link #unprotect} on any opener of the chain that
 * {@link #next} makes, then {@link #decrypt} on the one of the right phase. The openers of a chain
 * share what {@code unprotect} found and the count of failures.
 */
public final class PacketOpener {
  /** RFC 9001 §6.6. */
  private static final long GCM_INTEGRITY_LIMIT = 1L << 52;

  private static final long CHACHA20_POLY1305_INTEGRITY_LIMIT = 1L << 36;

  private final PacketProtection protection;
  private final QuicVersion version;
  private final CipherSuite suite;
  private final byte[] secret;
  private final Header header;
  private @Nullable Aead aead;
  private boolean discarded;

  /** By the JDK's ciphers, in version 1. */
  public PacketOpener(CipherSuite suite, byte[] secret) {
    this(PacketProtection.JDK, QuicVersion.V1, suite, secret);
  }

  /**
   * @param version that the key's packets are of
   * @param secret of {@link InitialSecrets} or from the TLS handshake
   */
  public PacketOpener(
      PacketProtection protection, QuicVersion version, CipherSuite suite, byte[] secret) {
    this(
        protection,
        version,
        suite,
        secret.clone(),
        new Header(PacketKeys.headerProtection(protection, version, suite, secret)));
  }

  private PacketOpener(
      PacketProtection protection,
      QuicVersion version,
      CipherSuite suite,
      byte[] secret,
      Header header) {
    this.protection = protection;
    this.version = version;
    this.suite = suite;
    this.secret = secret;
    this.header = header;
  }

  /** The opener of the next key phase: a new key, the same header protection (RFC 9001 §6). */
  public PacketOpener next() {
    PacketOpener next =
        new PacketOpener(
            protection, version, suite, PacketKeys.nextSecret(version, suite, secret), header);
    next.aead(); // RFC 9001 §6.3: making it when a packet comes would be seen from outside
    return next;
  }

  /**
   * {@link #unprotect} and {@link #decrypt} in one.
   *
   * @return bytes of the payload; -1 if the packet is too short or not authentic
   */
  public int open(
      byte[] datagram,
      int from,
      int packetNumberOffset,
      int packetEnd,
      long largestReceived,
      byte[] plaintext,
      int to) {
    return unprotect(datagram, from, packetNumberOffset, packetEnd, largestReceived)
        ? decrypt(datagram, plaintext, to)
        : -1;
  }

  /**
   * Removes header protection, in place. What it finds is not authentic before {@link #decrypt}
   * says so, and must not be acted on but to choose the key (RFC 9001 §9.5).
   *
   * @param from where the packet begins
   * @param largestReceived the largest number of an authentic packet in this space, -1 if none
   * @return false if the packet is too short, or its number too large; it is then unchanged
   */
  public boolean unprotect(
      byte[] datagram, int from, int packetNumberOffset, int packetEnd, long largestReceived) {
    return header.unprotect(datagram, from, packetNumberOffset, packetEnd, largestReceived);
  }

  /**
   * Decrypts the packet whose header {@link #unprotect} has just bared, with the key of this phase.
   *
   * @param plaintext another array than {@code datagram}, with room for the packet from {@code to}
   * @return bytes of the payload written from {@code to}; -1 if the packet is not authentic: its
   *     header is then protected again, and {@code plaintext} holds nothing of its payload
   */
  public int decrypt(byte[] datagram, byte[] plaintext, int to) {
    int sealedBytes = header.packetEnd - header.payloadFrom;
    Objects.checkFromIndexSize(to, sealedBytes - Aead.TAG_BYTES, plaintext.length);
    boolean authentic =
        aead()
            .open(
                header.packetNumber,
                datagram,
                header.from,
                header.payloadFrom - header.from,
                sealedBytes,
                plaintext,
                to);
    if (!authentic) {
      header.failedOpens++;
      header.protectAgain(datagram);
      return -1;
    }
    return sealedBytes - Aead.TAG_BYTES;
  }

  /** Drops the key of this phase: no more packets of it. The other phases go on. */
  public void discardKey() {
    discarded = true;
    if (aead != null) {
      aead.close();
    }
  }

  /**
   * Drops the key of this phase and header protection, so that no opener of the chain unprotects
   * packets any more (RFC 9001 §4.9).
   */
  public void discard() {
    discardKey();
    header.protection.close();
  }

  /** Made when it is needed: half of a server's handshakes under way may never need it. */
  private Aead aead() {
    Aead known = aead;
    if (known == null) {
      if (discarded) {
        throw new IllegalStateException("keys discarded");
      }
      known = PacketKeys.opening(protection, version, suite, secret);
      aead = known;
    }
    return known;
  }

  /** The number of the packet that was opened last. */
  public long packetNumber() {
    return header.packetNumber;
  }

  /** The first byte of the packet that was opened last, without protection. */
  public int firstByte() {
    return header.firstByte & 0xff;
  }

  /** Length of the packet number of the packet that was opened last. */
  public int packetNumberBytes() {
    return header.payloadFrom - header.packetNumberFrom;
  }

  /** Key phase bit of the short header that was opened last (RFC 9000 §17.3.1). */
  public boolean keyPhase() {
    return (header.firstByte & 0x04) != 0;
  }

  /**
   * Whether a reserved bit of the packet opened last is set. RFC 9000 §17.2, §17.3.1: in an
   * authentic packet that is a PROTOCOL_VIOLATION.
   */
  public boolean hasReservedBits() {
    return (header.firstByte & (header.firstByte < 0 ? 0x0c : 0x18)) != 0;
  }

  /** Packets that were not authentic, under all keys of this chain. */
  public long failedOpens() {
    return header.failedOpens;
  }

  /**
   * RFC 9001 §6.6: how many packets of a connection, over all keys, may fail. Beyond it has to be
   * closed with AEAD_LIMIT_REACHED: every attempt is a chance to forge a packet.
   */
  public long integrityLimit() {
    return switch (suite) {
      case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> GCM_INTEGRITY_LIMIT;
      case TLS_CHACHA20_POLY1305_SHA256 -> CHACHA20_POLY1305_INTEGRITY_LIMIT;
    };
  }

  /** The header under way, and what all keys of a chain have in common. */
  private static final class Header {
    private final HeaderProtection protection;
    private int from;
    private int packetNumberFrom;
    private int payloadFrom;
    private int packetEnd;
    private long mask;
    private byte firstByte;
    private long packetNumber = -1;
    private long failedOpens;

    Header(HeaderProtection protection) {
      this.protection = protection;
    }

    boolean unprotect(byte[] d, int from, int packetNumberFrom, int end, long largestReceived) {
      int sampleFrom = packetNumberFrom + PacketNumbers.MAX_BYTES;
      // RFC 9001 §5.4.2: a packet that is too short for a complete sample must be discarded.
      if (end - sampleFrom < HeaderProtection.SAMPLE_BYTES) {
        return false;
      }
      this.from = from;
      this.packetNumberFrom = packetNumberFrom;
      this.packetEnd = end;
      mask = protection.mask(d, sampleFrom);
      firstByte = HeaderMask.firstByte(d[from], mask);
      int packetNumberBytes = (firstByte & 0x03) + 1;
      payloadFrom = packetNumberFrom + packetNumberBytes;
      d[from] = firstByte;
      HeaderMask.packetNumber(d, packetNumberFrom, packetNumberBytes, mask);
      long truncated = PacketNumbers.read(d, packetNumberFrom, packetNumberBytes);
      packetNumber = PacketNumbers.decode(truncated, packetNumberBytes, largestReceived);
      if (packetNumber > PacketNumbers.MAX) {
        protectAgain(d);
        return false;
      }
      return true;
    }

    void protectAgain(byte[] d) {
      d[from] = HeaderMask.firstByte(d[from], mask);
      HeaderMask.packetNumber(d, packetNumberFrom, payloadFrom - packetNumberFrom, mask);
    }
  }
}
