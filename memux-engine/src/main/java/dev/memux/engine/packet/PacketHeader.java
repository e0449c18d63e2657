package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.VarInt;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Where the fields of one packet stand in a datagram, as far as they can be read without keys.
 * Reused: each {@link #parse} overwrites what the one before found, and what it found is meaningful
 * only if it returned true. All positions are indexes into the array that was parsed.
 *
 * <p>The fixed bit (RFC 9000 §17.2, §17.3.1) says nothing: all endpoints here send grease_quic_bit,
 * and so take packets with either value of it (RFC 9287 §3).
 *
 * <p>A datagram may hold several packets (RFC 9000 §12.2): after one, parse again from {@link
 * #packetEnd} while that lies before the end of the datagram.
 */
public final class PacketHeader {
  static final int FORM_BIT = 0x80;
  static final int FIXED_BIT = 0x40;

  /** The tag at the end of a Retry packet (RFC 9001 §5.8). */
  public static final int RETRY_TAG_BYTES = 16;

  /**
   * RFC 9000 §10.3: no packet with a short header is shorter. A stateless reset can be as short.
   */
  public static final int MIN_SHORT_PACKET_BYTES = 21;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private PacketType type = PacketType.UNSUPPORTED_VERSION;
  private int version;
  private @Nullable QuicVersion spoken;
  private int dcidFrom;
  private int dcidLength;
  private int scidFrom;
  private int scidLength;
  private int tokenFrom;
  private int tokenLength;
  private int payloadFrom;
  private int packetEnd;

  /**
   * Whether a datagram begins with an Initial packet of a version that is spoken here, whose type
   * bits depend on that (RFC 9000 §17.2.2, RFC 9369 §3.2).
   */
  public static boolean isInitial(byte[] datagram, int from, int length) {
    if (length <= Integer.BYTES || (datagram[from] & FORM_BIT) == 0) {
      return false;
    }
    QuicVersion version = QuicVersion.of((int) INT.get(datagram, from + 1));
    return version != null && VersionTraits.of(version).type(datagram[from]) == PacketType.INITIAL;
  }

  /** What kind of packet it is. */
  public PacketType type() {
    return type;
  }

  /** Whether the header is a long one: it then names a version and a source connection ID. */
  public boolean isLong() {
    return type != PacketType.ONE_RTT;
  }

  /** The Version field; of a short header, which has none, 0. */
  public int version() {
    return version;
  }

  /** The version of a long header; null: one that is not spoken here, or none. */
  public @Nullable QuicVersion quicVersion() {
    return spoken;
  }

  public int dcidFrom() {
    return dcidFrom;
  }

  /** At most 20, or 255 in packets of another version and in Version Negotiation. */
  public int dcidLength() {
    return dcidLength;
  }

  public int scidFrom() {
    return scidFrom;
  }

  /** At most 20, or 255 in packets of another version and in Version Negotiation. */
  public int scidLength() {
    return scidLength;
  }

  public int tokenFrom() {
    return tokenFrom;
  }

  /** Bytes of the token of an Initial (may be 0) or a Retry (never 0); 0 otherwise. */
  public int tokenLength() {
    return tokenLength;
  }

  /** Where the protected packet number begins, in packets that have one. */
  public int packetNumberOffset() {
    return payloadFrom;
  }

  /**
   * Where the header ends and what its type says begins: the packet number, the Retry Integrity
   * Tag, the supported versions, or the unknown rest of a packet of another version.
   */
  public int payloadFrom() {
    return payloadFrom;
  }

  /** Where the packet ends; the next one of the datagram begins here. Always after its begin. */
  public int packetEnd() {
    return packetEnd;
  }

  /**
   * Finds the fields of the packet at {@code d[from..end)}. Bounds only: nothing has been
   * authenticated.
   *
   * @param end where the datagram ends
   * @param localCidBytes length of the connection IDs that this endpoint issues, at most 20: short
   *     headers do not tell (RFC 9000 §17.3.1)
   * @return false if this is not a packet, and so neither is what follows it: to be dropped
   */
  public boolean parse(byte[] d, int from, int end, int localCidBytes) {
    if (from >= end) {
      return false;
    }
    return (d[from] & FORM_BIT) == 0
        ? parseShort(from, end, localCidBytes)
        : parseLong(d, from, end);
  }

  private boolean parseShort(int from, int end, int localCidBytes) {
    if (end - from < MIN_SHORT_PACKET_BYTES) {
      return false;
    }
    type = PacketType.ONE_RTT;
    version = QuicVersion.NEGOTIATION;
    spoken = null;
    dcidFrom = from + 1;
    dcidLength = localCidBytes;
    payloadFrom = dcidFrom + localCidBytes;
    scidFrom = payloadFrom;
    scidLength = 0;
    tokenFrom = payloadFrom;
    tokenLength = 0;
    // RFC 9000 §12.2: no length, so nothing can follow.
    packetEnd = end;
    return true;
  }

  /** What all versions share (RFC 8999 §5.1), then what the version says. */
  private boolean parseLong(byte[] d, int from, int end) {
    int at = from + 1 + Integer.BYTES;
    if (at >= end) {
      return false;
    }
    version = (int) INT.get(d, from + 1);
    dcidLength = d[at] & 0xff;
    dcidFrom = at + 1;
    at = dcidFrom + dcidLength;
    if (at >= end) {
      return false;
    }
    scidLength = d[at] & 0xff;
    scidFrom = at + 1;
    at = scidFrom + scidLength;
    if (at > end) {
      return false;
    }
    payloadFrom = at;
    tokenFrom = at;
    tokenLength = 0;
    packetEnd = end;
    spoken = QuicVersion.of(version);
    if (spoken != null) {
      return parseSpoken(spoken, d, from);
    }
    if (version == QuicVersion.NEGOTIATION) {
      return parseVersionNegotiation();
    }
    type = PacketType.UNSUPPORTED_VERSION;
    return true;
  }

  private boolean parseVersionNegotiation() {
    type = PacketType.VERSION_NEGOTIATION;
    // RFC 8999 §6: to be ignored if it lists no version or ends within one.
    int listBytes = packetEnd - payloadFrom;
    return listBytes > 0 && listBytes % Integer.BYTES == 0;
  }

  private boolean parseSpoken(QuicVersion spokenHere, byte[] d, int from) {
    // RFC 9000 §17.2: to be discarded with a longer connection ID.
    if (dcidLength > ConnectionId.MAX_BYTES || scidLength > ConnectionId.MAX_BYTES) {
      return false;
    }
    type = VersionTraits.of(spokenHere).type(d[from]);
    return switch (type) {
      case INITIAL -> parseToken(d) && parseLength(d);
      case ZERO_RTT, HANDSHAKE -> parseLength(d);
      case RETRY -> parseRetry();
      case VERSION_NEGOTIATION, ONE_RTT, UNSUPPORTED_VERSION -> false; // no long header names them
    };
  }

  private boolean parseToken(byte[] d) {
    int lengthBytes = varIntBytes(d);
    if (lengthBytes == 0) {
      return false;
    }
    long length = VarInt.read(d, payloadFrom);
    payloadFrom += lengthBytes;
    if (length > packetEnd - payloadFrom) {
      return false;
    }
    tokenFrom = payloadFrom;
    tokenLength = (int) length;
    payloadFrom += tokenLength;
    return true;
  }

  /**
   * A length too short for a packet is left to {@link PacketOpener}: the packet can be skipped, and
   * RFC 9000 §12.2 wants the packets behind it processed.
   */
  private boolean parseLength(byte[] d) {
    int lengthBytes = varIntBytes(d);
    if (lengthBytes == 0) {
      return false;
    }
    long length = VarInt.read(d, payloadFrom);
    payloadFrom += lengthBytes;
    if (length > packetEnd - payloadFrom) {
      return false;
    }
    packetEnd = payloadFrom + (int) length;
    return true;
  }

  private boolean parseRetry() {
    // RFC 9000 §17.2.5.2: a client must discard a Retry with an empty token.
    tokenLength = packetEnd - payloadFrom - RETRY_TAG_BYTES;
    payloadFrom = packetEnd - RETRY_TAG_BYTES;
    return tokenLength > 0;
  }

  /** Bytes of the variable-length integer at {@link #payloadFrom}, 0 if it is not all there. */
  private int varIntBytes(byte[] d) {
    if (payloadFrom >= packetEnd) {
      return 0;
    }
    int bytes = VarInt.sizeOf(d[payloadFrom]);
    return bytes <= packetEnd - payloadFrom ? bytes : 0;
  }
}
