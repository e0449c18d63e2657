package dev.memux.engine.quic;

import dev.memux.engine.wire.PreferredAddress;
import java.net.InetSocketAddress;

/** What {@link ActiveMigration#pollEvent} tells a client's owner, who has its sockets. */
public sealed interface PathEvent {
  /**
   * Packets pass both ways on a path that was tried out.
   *
   * @param inUse whether the connection has moved there
   */
  record Validated(int socket, InetSocketAddress remote, boolean inUse) implements PathEvent {}

  /** A path that was tried out does not work; the connection goes on where it was. */
  record Failed(int socket, InetSocketAddress remote) implements PathEvent {}

  /** Nothing is sent or expected any more on a path that was left, or only tried out. */
  record Left(int socket, InetSocketAddress remote) implements PathEvent {}

  /**
   * The server would rather be talked to at another address (RFC 9000 §9.6); {@link
   * ActiveMigration#migrateToPreferred} goes there. Who does nothing stays.
   */
  record PreferredAddressOffered(PreferredAddress address) implements PathEvent {}
}
