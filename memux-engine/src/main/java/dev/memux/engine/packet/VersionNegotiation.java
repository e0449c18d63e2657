package dev.memux.engine.packet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Version Negotiation packets (RFC 8999 §6, RFC 9000 §17.2.1): no state, no protection. */
public final class VersionNegotiation {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private VersionNegotiation() {}

  /**
   * Writes the answer to a packet of a version that is not spoken here. Its connection IDs are
   * copied crosswise, so that the client can tell that the sender saw its packet; they may be
   * longer than those of version 1, the answer is at most {@code 517 + 4 * versions.length} bytes
   * long.
   *
   * @param datagram that {@code received} was parsed from
   * @return where the packet ends
   */
  public static int write(
      byte[] out, int from, byte[] datagram, PacketHeader received, int... versions) {
    // RFC 9000 §17.2.1: the second bit should look like the fixed bit, the others are arbitrary.
    out[from] = (byte) (PacketHeader.FORM_BIT | PacketHeader.FIXED_BIT);
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

  /**
   * Whether the list names {@code version}. RFC 9000 §6.2: a client discards a packet that lists
   * the version it chose.
   */
  public static boolean lists(byte[] datagram, PacketHeader header, int version) {
    for (int i = 0; i < versionCount(header); i++) {
      if (version(datagram, header, i) == version) {
        return true;
      }
    }
    return false;
  }

  private static int copyWithLength(byte[] out, int at, byte[] d, int from, int length) {
    out[at] = (byte) length;
    System.arraycopy(d, from, out, at + 1, length);
    return at + 1 + length;
  }
}
