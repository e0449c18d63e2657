package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import java.util.HexFormat;
import javax.crypto.spec.SecretKeySpec;

/**
 * Where the versions of QUIC differ (RFC 9369 §3): in nothing but the bits of packet types and what
 * keys are made of.
 */
enum VersionTraits {
  /** RFC 9000, RFC 9001. */
  V1(
      0,
      "quic",
      "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
      "be0c690b9f66575a1d766b54e368c84e",
      "461599d35d632bf2239825bb"),

  /** RFC 9369 §3. */
  V2(
      1,
      "quicv2",
      "0dede3def700a6db819381be6e269dcbf9bd2ed9",
      "8fb4b01b56ac48e260fbcbcead7ccc92",
      "d86969bc2d7c6d9990efb04a");

  /** Types by the two bits of version 1 (RFC 9000 §17.2). */
  private static final PacketType[] TYPES = {
    PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE, PacketType.RETRY
  };

  private final int typeShift;
  private final String keyLabel;
  private final String ivLabel;
  private final String headerProtectionLabel;
  private final String keyUpdateLabel;
  private final byte[] initialSalt;
  private final SecretKeySpec retryKey;
  private final byte[] retryNonce;

  /**
   * @param typeShift by how much the two bits of a packet type are larger than in version 1, modulo
   *     4
   * @param label what the labels of key derivation begin with
   */
  VersionTraits(
      int typeShift, String label, String initialSalt, String retryKey, String retryNonce) {
    this.typeShift = typeShift;
    this.keyLabel = label + " key";
    this.ivLabel = label + " iv";
    this.headerProtectionLabel = label + " hp";
    this.keyUpdateLabel = label + " ku";
    this.initialSalt = HexFormat.of().parseHex(initialSalt);
    this.retryKey = new SecretKeySpec(HexFormat.of().parseHex(retryKey), "AES");
    this.retryNonce = HexFormat.of().parseHex(retryNonce);
  }

  static VersionTraits of(QuicVersion version) {
    return switch (version) {
      case V1 -> V1;
      case V2 -> V2;
    };
  }

  /** RFC 9001 §5.1. */
  String keyLabel() {
    return keyLabel;
  }

  /** RFC 9001 §5.1. */
  String ivLabel() {
    return ivLabel;
  }

  /** RFC 9001 §5.4. */
  String headerProtectionLabel() {
    return headerProtectionLabel;
  }

  /** RFC 9001 §6.1. */
  String keyUpdateLabel() {
    return keyUpdateLabel;
  }

  /** RFC 9001 §5.2; not to be written to. */
  byte[] initialSalt() {
    return initialSalt;
  }

  /** RFC 9001 §5.8. */
  SecretKeySpec retryKey() {
    return retryKey;
  }

  /** RFC 9001 §5.8; not to be written to. */
  byte[] retryNonce() {
    return retryNonce;
  }

  /** The Type field of a long header (RFC 9000 §17.2, RFC 9369 §3.2), where it stands. */
  int typeBits(PacketType type) {
    int bits =
        switch (type) {
          case INITIAL -> 0;
          case ZERO_RTT -> 1;
          case HANDSHAKE -> 2;
          case RETRY -> 3;
          case VERSION_NEGOTIATION, ONE_RTT, UNSUPPORTED_VERSION ->
              throw new IllegalArgumentException(type + " is no type of a version's long headers");
        };
    return ((bits + typeShift) & 3) << 4;
  }

  /** The type that the first byte of a long header names. */
  PacketType type(byte firstByte) {
    return TYPES[((firstByte >>> 4) - typeShift) & 3];
  }
}
