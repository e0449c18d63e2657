package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Version Negotiation packets (RFC 8999 §6, RFC 9000 §17.2.1): no state, no protection. */
public final class VersionNegotiation {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final int UNUSED_BITS = 0x3f;

  private VersionNegotiation() {}

  /**
   * Writes the answer to a packet of a version that is not spoken here. Its connection IDs are
   * copied crosswise, so that the client can tell that the sender saw its packet; they may be
   * longer than those of version 1, the answer is at most {@code 517 + 4 * versions.size()} bytes
   * long.
   *
   * @param unused its low six bits become those of the first byte, which mean nothing
   * @param datagram that {@code received} was parsed from
   * @return where the packet ends
   */
  public static int write(
      byte[] out,
      int from,
      int unused,
      byte[] datagram,
      PacketHeader received,
      List<Integer> versions) {
    // RFC 9000 §17.2.1: the second bit should look like the fixed bit, the others are arbitrary.
    out[from] = (byte) (PacketHeader.FORM_BIT | PacketHeader.FIXED_BIT | (unused & UNUSED_BITS));
    INT.set(out, from + 1, QuicVersion.NEGOTIATION);
    int at = from + 1 + Integer.BYTES;
    at = copyWithLength(out, at, datagram, received.scidFrom(), received.scidLength());
    at = copyWithLength(out, at, datagram, received.dcidFrom(), received.dcidLength());
    for (int version : versions) {
      INT.set(out, at, version);
      at += Integer.BYTES;
    }
    return at;
  }

  /** How many versions a Version Negotiation packet lists; at least one. */
  public static int versionCount(PacketHeader header) {
    return (header.packetEnd() - header.payloadFrom()) / Integer.BYTES;
  }

  /** The version at {@code index} of the list. */
  public static int version(byte[] datagram, PacketHeader header, int index) {
    return (int) INT.get(datagram, header.payloadFrom() + index * Integer.BYTES);
  }

  /** Those of the list that are spoken here, in its order. */
  public static List<QuicVersion> spoken(byte[] datagram, PacketHeader header) {
    List<QuicVersion> spoken = new ArrayList<>();
    for (int i = 0; i < versionCount(header); i++) {
      QuicVersion version = QuicVersion.of(version(datagram, header, i));
      if (version != null && !spoken.contains(version)) {
        spoken.add(version);
      }
    }
    return spoken;
  }

  private static int copyWithLength(byte[] out, int at, byte[] d, int from, int length) {
    out[at] = (byte) length;
    System.arraycopy(d, from, out, at + 1, length);
    return at + 1 + length;
  }
}
