package dev.memux.engine.quic;

import static java.util.Objects.requireNonNull;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import java.util.Arrays;

/**
 * The answer to a client whose connection is not wanted (RFC 9000 §5.2.2), or whose token is not
 * good (§8.1.3): CONNECTION_CLOSE in an Initial packet, without state.
 */
final class Refusal {
  private static final byte[] NO_TOKEN = {};
  private static final int PACKET_NUMBER_BYTES = 1;

  private Refusal() {}

  /** Whether a client's first packet is whole; its protection is removed in place. */
  static boolean isAuthentic(byte[] datagram, int from, PacketHeader initial) {
    ConnectionId asked = ConnectionId.of(datagram, initial.dcidFrom(), initial.dcidLength());
    QuicVersion version = requireNonNull(initial.quicVersion());
    PacketOpener opener =
        new PacketOpener(
            PacketProtection.JDK,
            version,
            InitialSecrets.SUITE,
            InitialSecrets.client(version, asked));
    byte[] plaintext = new byte[initial.packetEnd() - from];
    return opener.open(
            datagram, from, initial.packetNumberOffset(), initial.packetEnd(), -1, plaintext, 0)
        >= 0;
  }

  /**
   * The packet to send. {@code initial} is a client's first, parsed from {@code datagram}.
   *
   * @param code of {@link TransportError}
   */
  static byte[] write(byte[] datagram, PacketHeader initial, long code) {
    ConnectionId client = ConnectionId.of(datagram, initial.scidFrom(), initial.scidLength());
    ConnectionId asked = ConnectionId.of(datagram, initial.dcidFrom(), initial.dcidLength());
    QuicVersion version = requireNonNull(initial.quicVersion());
    byte[] packet = new byte[QuicConfig.MIN_DATAGRAM_BYTES];
    int payload =
        HeaderWriter.writeLong(
            packet,
            0,
            PacketType.INITIAL,
            version,
            client,
            asked,
            NO_TOKEN,
            0,
            PACKET_NUMBER_BYTES);
    FrameWriter writer = new FrameWriter();
    writer.reset(packet, payload, packet.length - PacketSealer.TAG_BYTES);
    writer.connectionClose(false, code, 0, "");
    int length = writer.position() - payload;
    HeaderWriter.patchLength(packet, payload, PACKET_NUMBER_BYTES, length);
    PacketSealer sealer =
        new PacketSealer(
            PacketProtection.JDK,
            version,
            InitialSecrets.SUITE,
            InitialSecrets.server(version, asked));
    int end = sealer.seal(packet, 0, payload, PACKET_NUMBER_BYTES, length, 0, packet, 0);
    return Arrays.copyOf(packet, end);
  }
}
