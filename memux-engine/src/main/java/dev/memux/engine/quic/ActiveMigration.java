package dev.memux.engine.quic;

import dev.memux.engine.wire.PreferredAddress;
import dev.memux.engine.wire.TransportParameters;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A client's moves of its own will (RFC 9000 §9.2, §9.6): from another of its sockets, or to the
 * address that the server prefers. A path is tried out before the connection moves there, so that
 * one that does not work costs nothing but the challenges.
 *
 * <p>The caller has the sockets and gives each a number, by which {@link QuicEndpoint#receive} and
 * {@link SendBatch#socket} name it, too; 0 is the one that the connection began with. After each
 * command there is something to transmit; what comes of it {@link #pollEvent} tells, to be asked
 * when the connection is seen to.
 */
public final class ActiveMigration {
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};
  private static final byte[] BROADCAST = {-1, -1, -1, -1};

  private final Paths paths;
  private final ArrayDeque<PathEvent> events = new ArrayDeque<>(1);
  private boolean allowed;
  private boolean confirmed;
  private @Nullable PreferredAddress preferred;

  ActiveMigration(Paths paths) {
    this.paths = paths;
  }

  /** What has come of paths; null: nothing new. */
  public @Nullable PathEvent pollEvent() {
    return events.pollFirst();
  }

  /**
   * RFC 9000 §9: until here nobody moves.
   *
   * @param followsPreferred whether the caller may want to go to a preferred address
   */
  void onHandshakeConfirmed(TransportParameters peer, boolean followsPreferred) {
    confirmed = true;
    allowed = !peer.disableActiveMigration();
    byte[] encoded = peer.preferredAddress();
    if (encoded != null && followsPreferred) {
      preferred = acceptable(PreferredAddress.decode(encoded), paths.active().remote());
      if (preferred.v4() != null || preferred.v6() != null) {
        events.addLast(new PathEvent.PreferredAddressOffered(preferred));
      }
    }
  }

  /**
   * RFC 9000 §21.5.3, §21.5.6: a server could have its clients send packets into networks that it
   * cannot reach itself. What lies nearer to us than the server did is left out.
   */
  static PreferredAddress acceptable(PreferredAddress offered, InetSocketAddress server) {
    return new PreferredAddress(
        acceptable(offered.v4(), server),
        acceptable(offered.v6(), server),
        offered.connectionId(),
        offered.resetToken());
  }

  private static @Nullable InetSocketAddress acceptable(
      @Nullable InetSocketAddress offered, InetSocketAddress server) {
    return offered != null && nearness(offered.getAddress()) <= nearness(server.getAddress())
        ? offered
        : null;
  }

  private static int nearness(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (isMapped(bytes) || isBroadcast(bytes)) {
      return 4; // neither is where a server can be
    }
    if (address.isLoopbackAddress()) {
      return 3;
    }
    if (address.isLinkLocalAddress() || address.isMulticastAddress()) {
      return 2;
    }
    return address.isSiteLocalAddress() || isPrivate(bytes) ? 1 : 0;
  }

  /** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
  private static boolean isMapped(byte[] address) {
    return address.length == 16
        && Arrays.equals(address, 0, MAPPED.length, MAPPED, 0, MAPPED.length);
  }

  private static boolean isBroadcast(byte[] address) {
    return Arrays.equals(address, BROADCAST);
  }

  /** fc00::/7 (RFC 4193) and 100.64.0.0/10 (RFC 6598), which Java does not count as site-local. */
  private static boolean isPrivate(byte[] address) {
    return address.length == 16
        ? (address[0] & 0xfe) == 0xfc
        : address[0] == 100 && (address[1] & 0xc0) == 64;
  }

  /**
   * Tries out the path from another socket to where the server is, without moving there (RFC 9000
   * §9.1). It stays known for a few seconds, in which {@link #migrate} needs no further connection
   * ID for it.
   *
   * @param otherHost whether the socket's IP address is another one than that of the socket in use,
   *     so that nothing is known of the path (RFC 9000 §9.4)
   */
  public MigrationStart probe(int socket, boolean otherHost, long nowNanos) {
    return begin(socket, Path.Aim.PROBE, otherHost, nowNanos);
  }

  /** Like {@link #probe}; if the path works, the connection moves there (RFC 9000 §9.2). */
  public MigrationStart migrate(int socket, boolean otherHost, long nowNanos) {
    return begin(socket, Path.Aim.MOVE, otherHost, nowNanos);
  }

  private MigrationStart begin(int socket, Path.Aim aim, boolean otherHost, long nowNanos) {
    if (!confirmed) {
      return MigrationStart.NOT_CONFIRMED;
    }
    if (!allowed && socket != paths.active().socket()) {
      return MigrationStart.DISABLED_BY_SERVER; // RFC 9000 §18.2
    }
    return paths.tryOut(socket, paths.active().remote(), aim, otherHost, nowNanos)
        ? MigrationStart.STARTED
        : MigrationStart.NO_CONNECTION_ID;
  }

  /**
   * The same to an address that the server prefers (RFC 9000 §9.6).
   *
   * @param remote of {@link PathEvent.PreferredAddressOffered}
   * @throws IllegalArgumentException if the server has not offered it
   */
  public MigrationStart migrateToPreferred(int socket, InetSocketAddress remote, long nowNanos) {
    if (!confirmed) {
      return MigrationStart.NOT_CONFIRMED;
    }
    if (!isPreferred(remote)) {
      throw new IllegalArgumentException("not offered: " + remote);
    }
    return paths.tryOut(socket, remote, Path.Aim.MOVE, true, nowNanos)
        ? MigrationStart.STARTED
        : MigrationStart.NO_CONNECTION_ID;
  }

  private boolean isPreferred(InetSocketAddress remote) {
    return preferred != null && (remote.equals(preferred.v4()) || remote.equals(preferred.v6()));
  }

  /** A path that was tried out works. */
  void onValidated(Path path) {
    boolean moves = path.aim() == Path.Aim.MOVE;
    // RFC 9000 §18.2: who has gone where the server wants it may move on from there.
    allowed |= moves && isPreferred(path.remote());
    events.addLast(new PathEvent.Validated(path.socket(), path.remote(), moves));
  }

  void onFailed(Path path) {
    events.addLast(new PathEvent.Failed(path.socket(), path.remote()));
  }

  void onLeft(Path path) {
    events.addLast(new PathEvent.Left(path.socket(), path.remote()));
  }
}
