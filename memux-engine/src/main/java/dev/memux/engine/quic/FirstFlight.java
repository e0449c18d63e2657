package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.RetryPacket;
import dev.memux.engine.packet.VersionNegotiation;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.wire.QuicVersion;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a server's first packet may change in a client's first flight: where it goes (Retry, RFC
 * 9000 §17.2.5), and in which version (Version Negotiation, §6.2, or an answer in another version,
 * RFC 9369 §4.1).
 */
final class FirstFlight {
  /** Begins the handshake again, in another version. */
  interface Restart {
    void begin();
  }

  private static final Restart TOO_LATE =
      () -> {
        throw new IllegalStateException("the server has answered");
      };

  private final QuicConnection connection;
  private final ConnectionStart start;
  private final ConnectionVersion version;
  private final InitialKeys keys;
  private final RandomGenerator random;

  /** Holds on to what the handshake began with, until the server has answered. */
  private Restart restart;

  /**
   * @param restart null: of a server, which never begins again
   */
  FirstFlight(
      QuicConnection connection,
      ConnectionVersion version,
      InitialKeys keys,
      RandomGenerator random,
      @Nullable Restart restart) {
    this.connection = connection;
    this.start = connection.start();
    this.version = version;
    this.keys = keys;
    this.random = random;
    this.restart = restart == null ? TOO_LATE : restart;
  }

  /**
   * A Version Negotiation packet has come, before any other of the server's.
   *
   * @return whether it was believed
   */
  boolean onVersionNegotiation(byte[] datagram, PacketHeader header, long nowNanos) {
    List<QuicVersion> offered = VersionNegotiation.spoken(datagram, header);
    // RFC 9000 §6.2: it must answer our packet, whose IDs it repeats.
    if (start.retrySource() != null
        || version.ignores(offered)
        || !isForUs(datagram, header)
        || !start.original().matches(datagram, header.scidFrom(), header.scidLength())) {
      return false;
    }
    QuicVersion next = version.choose(offered);
    if (next == null) {
      connection.onNoCommonVersion();
    } else {
      begin(next, nowNanos);
    }
    return true;
  }

  /** RFC 9368 §2.1: as a connection that knows nothing of the one before. */
  private void begin(QuicVersion next, long nowNanos) {
    refuse(nowNanos);
    connection.zeroRtt().onRefused();
    version.restart(next);
    start.onRestart(ConnectionId.random(random, ConnectionStart.MIN_INITIAL_DCID_BYTES));
    goTo(start.original());
    restart.begin();
  }

  /**
   * A Retry has come, before any other packet of the server's that was processed.
   *
   * @return whether it was believed
   */
  boolean onRetry(byte[] datagram, int from, PacketHeader header, long nowNanos) {
    // RFC 9000 §17.2.5.2: one at most, and only as the first answer; RFC 9369 §4.1: in our version.
    // RFC 9000 §17.2.5.1: who names our own choice as its own would have us go round in a circle.
    if (start.retrySource() != null
        || header.quicVersion() != version.begun()
        || header.tokenLength() > ConnectionStart.MAX_TOKEN_BYTES
        || !isForUs(datagram, header)
        || start.original().matches(datagram, header.scidFrom(), header.scidLength())
        || !RetryPacket.isAuthentic(
            version.begun(), datagram, from, header.packetEnd(), start.original())) {
      return false;
    }
    int tokenEnd = header.tokenFrom() + header.tokenLength();
    byte[] token = Arrays.copyOfRange(datagram, header.tokenFrom(), tokenEnd);
    ConnectionId source = ConnectionId.of(datagram, header.scidFrom(), header.scidLength());
    start.onRetry(source, token);
    // The same packets again, with the token, to another ID and under other keys, but with numbers
    // that go on (RFC 9000 §17.2.5.3, RFC 9001 §5.2).
    goTo(source);
    refuse(nowNanos);
    return true;
  }

  /** An authentic Initial packet of the server's has come. */
  void onInitial(QuicVersion received) {
    restart = TOO_LATE;
    QuicVersion before = version.current();
    if (received != before) {
      version.follow(received);
      keys.onVersionChanged(before);
      connection.handshake().onVersion(received);
    }
  }

  private boolean isForUs(byte[] datagram, PacketHeader header) {
    return connection.localIds().first().matches(datagram, header.dcidFrom(), header.dcidLength());
  }

  private void goTo(ConnectionId destination) {
    connection.paths().onFirstPeerId(connection.peerIds().onPeerChosen(destination));
    keys.make(destination);
  }

  /** RFC 9002 §6.3: nobody has kept what we sent; early data went there, too. */
  private void refuse(long nowNanos) {
    Recovery recovery = connection.recovery();
    recovery.onPacketsRefused(PacketSpace.INITIAL, nowNanos);
    recovery.onPacketsRefused(PacketSpace.APPLICATION, nowNanos);
  }
}
