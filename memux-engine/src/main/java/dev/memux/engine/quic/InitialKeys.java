package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.wire.QuicVersion;
import org.jspecify.annotations.Nullable;

/**
 * The keys of Initial packets (RFC 9001 §5.2). They depend on the version, and while that is being
 * negotiated packets of two versions may come (RFC 9369 §4.1).
 */
final class InitialKeys {
  private final PacketProtection protection;
  private final PacketNumberSpace space;
  private final boolean server;
  private final ConnectionVersion version;
  private @Nullable ConnectionId dcid;

  /** For packets of {@link #otherVersion}, which is not the one that we send in. */
  private @Nullable PacketOpener other;

  private @Nullable QuicVersion otherVersion;

  /**
   * @param space of Initial packets, which has the keys of the version that we send in
   */
  InitialKeys(
      PacketProtection protection,
      PacketNumberSpace space,
      boolean server,
      ConnectionVersion version) {
    this.protection = protection;
    this.space = space;
    this.server = server;
    this.version = version;
  }

  /** Makes them anew: the client's first packets go to {@code destination}. */
  void make(ConnectionId destination) {
    discard();
    space.dropKeys();
    dcid = destination;
    space.opener = newOpener(destination, version.current());
    space.sealer = newSealer(destination);
  }

  /**
   * What opens packets of a version; null: none are taken. A client takes them only in the version
   * that it sends in, or, until the server has chosen, in another one that it has offered.
   */
  @Nullable PacketOpener opener(QuicVersion received) {
    ConnectionId destination = dcid;
    if (space.isDiscarded() || destination == null) {
      return null;
    }
    if (received == version.current()) {
      return space.opener;
    }
    if (!server && !version.mayFollow(received)) {
      return null;
    }
    if (other == null && !server) {
      other = newOpener(destination, received);
      otherVersion = received;
    }
    return received == otherVersion ? other : null;
  }

  /**
   * From now on {@link ConnectionVersion#current} is another version. RFC 9369 §4.1: a server opens
   * packets of the one before until the client has followed; a client has no need to.
   */
  void onVersionChanged(QuicVersion before) {
    ConnectionId destination = dcid;
    if (destination == null) {
      throw new IllegalStateException("no Initial keys");
    }
    PacketOpener opener = other == null ? newOpener(destination, version.current()) : other;
    other = space.opener;
    otherVersion = before;
    space.opener = opener;
    if (space.sealer != null) {
      space.sealer.discard();
    }
    space.sealer = newSealer(destination);
    if (!server) {
      discard();
    }
  }

  /** No packets of another version any more. */
  void discard() {
    if (other != null) {
      other.discard();
      other = null;
    }
    otherVersion = null;
  }

  private PacketOpener newOpener(ConnectionId destination, QuicVersion of) {
    byte[] secret =
        server ? InitialSecrets.client(of, destination) : InitialSecrets.server(of, destination);
    return new PacketOpener(protection, of, InitialSecrets.SUITE, secret);
  }

  private PacketSealer newSealer(ConnectionId destination) {
    QuicVersion of = version.current();
    byte[] secret =
        server ? InitialSecrets.server(of, destination) : InitialSecrets.client(of, destination);
    return new PacketSealer(protection, of, InitialSecrets.SUITE, secret);
  }
}
