package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import java.util.Arrays;

/** What {@link PacketSealer} does not make: authentic packets with nothing in them. */
public final class PacketsWithoutFrames {
  private static final int PACKET_NUMBER_BYTES = 4;

  private PacketsWithoutFrames() {}

  /**
   * A client's Initial packet of version 1.
   *
   * @param datagramBytes what is behind it is no packet
   */
  public static byte[] initial(
      ConnectionId dcid, ConnectionId scid, long packetNumber, int datagramBytes) {
    byte[] secret = InitialSecrets.client(QuicVersion.V1, dcid);
    byte[] plain = new byte[datagramBytes];
    int headerBytes =
        HeaderWriter.writeLong(
            plain,
            0,
            PacketType.INITIAL,
            QuicVersion.V1,
            dcid,
            scid,
            new byte[0],
            packetNumber,
            PACKET_NUMBER_BYTES);
    HeaderWriter.patchLength(plain, headerBytes, PACKET_NUMBER_BYTES, 0);
    byte[] sealed = Arrays.copyOf(plain, datagramBytes);
    PacketKeys.sealing(PacketProtection.JDK, QuicVersion.V1, InitialSecrets.SUITE, secret)
        .seal(packetNumber, plain, 0, headerBytes, 0, sealed, headerBytes);
    // The sample is all of the tag (RFC 9001 §5.4.2).
    long mask =
        PacketKeys.headerProtection(
                PacketProtection.JDK, QuicVersion.V1, InitialSecrets.SUITE, secret)
            .mask(sealed, headerBytes);
    sealed[0] = HeaderMask.firstByte(sealed[0], mask);
    HeaderMask.packetNumber(sealed, headerBytes - PACKET_NUMBER_BYTES, PACKET_NUMBER_BYTES, mask);
    return sealed;
  }
}
