package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Protects the packets of one direction under one key: payload first, then header (RFC 9001 §5.3,
 * §5.4). The key after a key update is a sealer of its own, from {@link #next}.
 */
public final class PacketSealer {
  /** What protection adds to a payload. */
  public static final int TAG_BYTES = Aead.TAG_BYTES;

  /** RFC 9001 §6.6: 2^23 packets for AES-GCM; ChaCha20-Poly1305 outlasts the packet numbers. */
  private static final long GCM_CONFIDENTIALITY_LIMIT = 1L << 23;

  private final PacketProtection protection;
  private final QuicVersion version;
  private final CipherSuite suite;
  private final byte[] secret;
  private final HeaderProtection headerProtection;
  private @Nullable Aead aead;
  private long largestSealed = -1;
  private long packetsSealed;
  private boolean discarded;

  /** By the JDK's ciphers, in version 1. */
  public PacketSealer(CipherSuite suite, byte[] secret) {
    this(PacketProtection.JDK, QuicVersion.V1, suite, secret);
  }

  /**
   * @param version that the key's packets are of
   * @param secret of {@link InitialSecrets} or from the TLS handshake
   */
  public PacketSealer(
      PacketProtection protection, QuicVersion version, CipherSuite suite, byte[] secret) {
    this(
        protection,
        version,
        suite,
        secret.clone(),
        PacketKeys.headerProtection(protection, version, suite, secret));
  }

  private PacketSealer(
      PacketProtection protection,
      QuicVersion version,
      CipherSuite suite,
      byte[] secret,
      HeaderProtection headerProtection) {
    this.protection = protection;
    this.version = version;
    this.suite = suite;
    this.secret = secret;
    this.headerProtection = headerProtection;
  }

  /**
   * The sealer of the next key phase: a new key, the same header protection (RFC 9001 §6). This one
   * seals nothing any more.
   */
  public PacketSealer next() {
    PacketSealer next =
        new PacketSealer(
            protection,
            version,
            suite,
            PacketKeys.nextSecret(version, suite, secret),
            headerProtection);
    next.aead(); // now, so that no packet has to wait for it
    discardKey();
    return next;
  }

  /** No more packets: drops the keys (RFC 9001 §4.9). */
  public void discard() {
    discardKey();
    headerProtection.close();
  }

  private void discardKey() {
    discarded = true;
    if (aead != null) {
      aead.close();
    }
  }

  public int tagBytes() {
    return TAG_BYTES;
  }

  /** Packets sealed under this key, to be kept below {@link #confidentialityLimit}. */
  public long packetsSealed() {
    return packetsSealed;
  }

  /**
   * RFC 9001 §6.6: how many packets this key may protect. Before, it has to be updated, or the
   * connection closed with AEAD_LIMIT_REACHED.
   */
  public long confidentialityLimit() {
    return switch (suite) {
      case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> GCM_CONFIDENTIALITY_LIMIT;
      case TLS_CHACHA20_POLY1305_SHA256 -> Long.MAX_VALUE;
    };
  }

  /**
   * How many bytes of frames a packet must have at least: one frame (RFC 9000 §12.4), and enough
   * for the sample of header protection (RFC 9001 §5.4.2). The rest is PADDING.
   */
  public static int minPayloadBytes(int packetNumberBytes) {
    return Math.max(1, PacketNumbers.MAX_BYTES - packetNumberBytes);
  }

  /**
   * Protects one packet.
   *
   * @param packet header and payload, one behind the other, from {@code from}; the Length field of
   *     a long header already counts the tag. Unchanged, unless {@code out} is the same array
   * @param headerBytes packet number included
   * @param payloadBytes at least {@link #minPayloadBytes}
   * @param packetNumber larger than any sealed before: a nonce used twice would reveal both
   *     payloads and let packets be forged (RFC 9000 §12.3)
   * @param out where the packet goes, from {@code outFrom}; may be {@code packet} if {@code
   *     outFrom} is {@code from}
   * @return its length, {@code headerBytes + payloadBytes + tagBytes()}
   */
  public int seal(
      byte[] packet,
      int from,
      int headerBytes,
      int packetNumberBytes,
      int payloadBytes,
      long packetNumber,
      byte[] out,
      int outFrom) {
    if (packetNumber <= largestSealed || packetNumber > PacketNumbers.MAX) {
      throw new IllegalStateException("packet " + packetNumber + " after " + largestSealed);
    }
    if (payloadBytes < minPayloadBytes(packetNumberBytes)) {
      throw new IllegalArgumentException("payload of " + payloadBytes + " bytes");
    }
    int headerEnd = from + headerBytes;
    long truncated = PacketNumbers.read(packet, headerEnd - packetNumberBytes, packetNumberBytes);
    if (truncated != PacketNumbers.truncate(packetNumber, packetNumberBytes)) {
      throw new IllegalArgumentException(
          "header of packet " + packetNumber + " has another number");
    }
    int sealedBytes = headerBytes + payloadBytes + TAG_BYTES;
    Objects.checkFromIndexSize(outFrom, sealedBytes, out.length);
    largestSealed = packetNumber;
    packetsSealed++;
    aead().seal(packetNumber, packet, from, headerBytes, payloadBytes, out, outFrom + headerBytes);
    System.arraycopy(packet, from, out, outFrom, headerBytes);
    int packetNumberFrom = outFrom + headerBytes - packetNumberBytes;
    long mask = headerProtection.mask(out, packetNumberFrom + PacketNumbers.MAX_BYTES);
    out[outFrom] = HeaderMask.firstByte(out[outFrom], mask);
    HeaderMask.packetNumber(out, packetNumberFrom, packetNumberBytes, mask);
    return sealedBytes;
  }

  /** Made when it is needed: a server has keys long before the client proves to be one. */
  private Aead aead() {
    Aead known = aead;
    if (known == null) {
      if (discarded) {
        throw new IllegalStateException("keys discarded");
      }
      known = PacketKeys.sealing(protection, version, suite, secret);
      aead = known;
    }
    return known;
  }
}
