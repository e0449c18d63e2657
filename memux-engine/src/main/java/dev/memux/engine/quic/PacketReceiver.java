package dev.memux.engine.quic;

import static java.util.Objects.requireNonNull;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.EncryptionLevel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Takes datagrams apart: packets, their protection, their frames (RFC 9000 §5.2, §12.2). */
final class PacketReceiver {
  private final QuicConnection connection;
  private final PacketHeader header = new PacketHeader();
  private final FrameReader reader = new FrameReader();
  private final FrameHandler frames;
  private final EarlyPackets early = new EarlyPackets();
  private final LoopBuffers buffers;
  private long packetsDropped;

  /** ECN codepoint of the datagram that is being read. */
  private int ecn;

  /** The source connection ID of the peer's first packet. */
  private @Nullable ConnectionId peerSource;

  PacketReceiver(QuicConnection connection, LoopBuffers buffers, long nowNanos) {
    this.connection = connection;
    this.buffers = buffers;
    this.frames = new FrameHandler(connection, nowNanos);
  }

  /** The source connection ID of the peer's first packet; only after one was authenticated. */
  ConnectionId peerSource() {
    if (peerSource == null) {
      throw new IllegalStateException("no packet received yet");
    }
    return peerSource;
  }

  /** Packets that could not be processed: duplicates, not authentic, without keys. */
  long packetsDropped() {
    return packetsDropped;
  }

  /** One datagram, with its ECN codepoint: a packet, or several of them coalesced. */
  void onDatagram(byte[] datagram, int from, int end, int codepoint, long nowNanos)
      throws ProtocolException {
    ecn = codepoint;
    boolean read = onPackets(datagram, from, end, end - from, nowNanos);
    if (!read && connection.paths().isStatelessReset(datagram, from, end)) {
      connection.onStatelessReset(nowNanos);
    }
  }

  /** Packets kept for want of keys may have become readable. */
  void retryEarlyPackets(long nowNanos) throws ProtocolException {
    if (early.isEmpty()) {
      return;
    }
    for (EarlyPackets.Packet packet : early.take()) {
      ecn = packet.ecn();
      byte[] bytes = packet.bytes();
      onPackets(bytes, 0, bytes.length, QuicConfig.MIN_DATAGRAM_BYTES, nowNanos);
    }
  }

  /** Returns whether any packet was of use. */
  private boolean onPackets(byte[] datagram, int from, int end, int datagramBytes, long nowNanos)
      throws ProtocolException {
    boolean read = false;
    int at = from;
    int dcidFrom = 0;
    int dcidEnd = 0;
    while (at < end && connection.isOpen()) {
      if (!header.parse(datagram, at, end, ConnectionIdGenerator.CONNECTION_ID_BYTES)) {
        packetsDropped++;
        return read;
      }
      int idFrom = header.dcidFrom();
      int idEnd = idFrom + header.dcidLength();
      if (at == from) {
        dcidFrom = idFrom;
        dcidEnd = idEnd;
      } else if (!Arrays.equals(datagram, dcidFrom, dcidEnd, datagram, idFrom, idEnd)) {
        packetsDropped++;
        return read; // RFC 9000 §12.2: packets for another connection ID are not ours
      }
      int next = header.packetEnd();
      if (onPacket(datagram, at, datagramBytes, nowNanos)) {
        read = true;
      } else {
        packetsDropped++;
      }
      at = next;
    }
    return read;
  }

  /** Returns whether the packet was of use. */
  private boolean onPacket(byte[] datagram, int from, int datagramBytes, long nowNanos)
      throws ProtocolException {
    return switch (header.type()) {
      case INITIAL -> mayProcessInitial(datagram, datagramBytes) && open(datagram, from, nowNanos);
      case HANDSHAKE -> isFromPeer(datagram) && open(datagram, from, nowNanos);
      case ONE_RTT -> open(datagram, from, nowNanos);
      case VERSION_NEGOTIATION ->
          isFirstAnswer()
              && connection.firstFlight().onVersionNegotiation(datagram, header, nowNanos);
      case ZERO_RTT ->
          connection.isServer() && isFromPeer(datagram) && open(datagram, from, nowNanos);
      case RETRY ->
          isFirstAnswer() && connection.firstFlight().onRetry(datagram, from, header, nowNanos);
      case UNSUPPORTED_VERSION -> false;
    };
  }

  private boolean mayProcessInitial(byte[] datagram, int datagramBytes) {
    if (connection.isServer()) {
      // RFC 9000 §14.1: a client must pay for what it makes a server send.
      return datagramBytes >= QuicConfig.MIN_DATAGRAM_BYTES && isFromPeer(datagram);
    }
    return header.tokenLength() == 0 && isFromPeer(datagram); // RFC 9000 §17.2.2
  }

  /**
   * RFC 9000 §6.2, §17.2.5.2: neither Version Negotiation nor Retry means anything to a server, or
   * once a packet of the server's was processed.
   */
  private boolean isFirstAnswer() {
    return !connection.isServer() && peerSource == null;
  }

  /** RFC 9000 §7.2: once known, the peer's source connection ID in long headers does not change. */
  private boolean isFromPeer(byte[] datagram) {
    return peerSource == null
        || peerSource.matches(datagram, header.scidFrom(), header.scidLength());
  }

  private boolean open(byte[] datagram, int from, long nowNanos) throws ProtocolException {
    PacketType type = header.type();
    int end = header.packetEnd();
    PacketNumberSpace space = connection.space(type);
    if (isOfOtherVersion(type, space)) {
      return false;
    }
    PacketOpener opener = opener(type, space, nowNanos);
    if (opener == null) {
      if (type != PacketType.INITIAL && mayStillOpen(type, space)) {
        early.add(datagram, from, end, ecn);
      }
      return false;
    }
    byte[] plaintext = buffers.plaintext(end - from);
    int offset = header.packetNumberOffset();
    int payloadBytes =
        type == PacketType.ONE_RTT
            ? space.keyPhases.open(
                opener, datagram, from, offset, end, plaintext, connection.ptoNanos(), nowNanos)
            : opener.open(datagram, from, offset, end, space.received.largest(), plaintext, 0);
    if (payloadBytes < 0) {
      checkIntegrityLimit(opener);
      return false;
    }
    if (space.received.isDuplicate(opener.packetNumber())) {
      return false;
    }
    if (opener.hasReservedBits()) {
      // RFC 9000 §17.2, §17.3.1: checked only once the packet is known to be the peer's.
      throw new ProtocolException(TransportError.PROTOCOL_VIOLATION, 0, "reserved bits set");
    }
    if (type != PacketType.ONE_RTT && peerSource == null) {
      peerSource = ConnectionId.of(datagram, header.scidFrom(), header.scidLength());
      connection.onPeerSource(peerSource);
    }
    connection.onAuthenticated(space, nowNanos);
    if (type == PacketType.INITIAL && !connection.isServer()) {
      connection.firstFlight().onInitial(requireNonNull(header.quicVersion()));
    }
    if (type == PacketType.ONE_RTT) {
      connection.zeroRtt().onOneRttPacket(connection.ptoNanos(), nowNanos);
    }
    EncryptionLevel level = type == PacketType.ZERO_RTT ? EncryptionLevel.EARLY : space.level;
    read(datagram, space, level, opener.packetNumber(), plaintext, payloadBytes, nowNanos);
    return true;
  }

  private @Nullable PacketOpener opener(PacketType type, PacketNumberSpace space, long nowNanos) {
    return switch (type) {
      case INITIAL -> connection.initialKeys().opener(requireNonNull(header.quicVersion()));
      case ZERO_RTT -> connection.zeroRtt().opener(nowNanos);
      case HANDSHAKE, ONE_RTT -> space.opener;
      case RETRY, VERSION_NEGOTIATION, UNSUPPORTED_VERSION -> null;
    };
  }

  /**
   * RFC 9369 §4.1: packets with handshake keys must be dropped in all versions but the one that was
   * agreed on, and early data comes in the one that the client has begun with.
   */
  private boolean isOfOtherVersion(PacketType type, PacketNumberSpace space) {
    ConnectionVersion version = connection.version();
    return switch (type) {
      case HANDSHAKE -> space.opener != null && header.quicVersion() != version.current();
      case ZERO_RTT -> header.quicVersion() != version.begun();
      case INITIAL, ONE_RTT, RETRY, VERSION_NEGOTIATION, UNSUPPORTED_VERSION -> false;
    };
  }

  private boolean mayStillOpen(PacketType type, PacketNumberSpace space) {
    return type == PacketType.ZERO_RTT ? connection.zeroRtt().mayStillOpen() : !space.isDiscarded();
  }

  private void read(
      byte[] datagram,
      PacketNumberSpace space,
      EncryptionLevel level,
      long number,
      byte[] plaintext,
      int payloadBytes,
      long nowNanos)
      throws ProtocolException {
    connection.paths().onPacketOpened(datagram, header.dcidFrom(), header.dcidLength());
    connection.mux().onPacket(level == EncryptionLevel.EARLY, nowNanos);
    frames.begin(space, datagram, header.dcidFrom(), header.dcidLength(), nowNanos);
    boolean ackEliciting = reader.read(plaintext, 0, payloadBytes, level, frames);
    space.received.onReceived(number, ackEliciting, ecn, nowNanos);
    frames.end();
    if (space.space == PacketSpace.APPLICATION && connection.isOpen()) {
      connection.paths().onPacketRead(number, reader.isProbing(), nowNanos);
    }
  }

  private static void checkIntegrityLimit(PacketOpener opener) throws ProtocolException {
    if (opener.failedOpens() > opener.integrityLimit()) {
      // RFC 9001 §6.6: each failure is a chance to forge a packet; there must not be too many.
      throw new ProtocolException(
          TransportError.AEAD_LIMIT_REACHED, 0, "too many packets that are not authentic");
    }
  }
}
