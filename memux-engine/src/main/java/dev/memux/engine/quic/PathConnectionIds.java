package dev.memux.engine.quic;

import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of the peer's connection IDs goes with which path: one of its own for each (RFC 9000 §9.5),
 * so that nobody can see that they belong together.
 */
final class PathConnectionIds {
  /**
   * RFC 9000 §9.5: who is addressed by a new ID should use another one, too. A peer that did so in
   * turn, whatever was the cause, would go on for ever; so not before so many packets.
   */
  static final int MIN_PACKETS_PER_ANSWER = 16;

  private final QuicConnection owner;
  private final ConnectionIdRegistry registry;
  private final PeerConnectionIds peerIds;
  private final List<Path> paths;

  /** We have changed IDs of ourselves: the peer's next change is the answer to it. */
  private boolean changed;

  /**
   * @param paths all that there are, which their owner changes
   */
  PathConnectionIds(
      QuicConnection owner,
      ConnectionIdRegistry registry,
      PeerConnectionIds peerIds,
      List<Path> paths) {
    this.owner = owner;
    this.registry = registry;
    this.peerIds = peerIds;
    this.paths = paths;
  }

  /** The peer has chosen its first ID, or told the token that goes with it. */
  void onFirst(Path active, PeerConnectionId id) {
    use(active, id);
  }

  /** The peer has issued IDs, or had some retired. */
  void onChanged(Path active) {
    boolean hadPeerId = active.hasPeerId();
    for (Path path : paths) {
      if (path.hasPeerId() && !peerIds.isInUse(path.peerId())) {
        use(path, null);
        changed = true;
      }
    }
    assign(active, active);
    if (hadPeerId && !active.hasPeerId()) {
      takeOver(active);
    }
    paths.forEach(path -> assign(path, active));
  }

  /**
   * What is left after the peer had IDs retired is on another path; the active one needs it more.
   * RFC 9000 §9.5: only where the peer, too, is addressed by one ID on both.
   */
  private void takeOver(Path active) {
    for (Path path : paths) {
      if (path.hasPeerId() && path.isAddressedAs(active)) {
        PeerConnectionId id = path.peerId();
        use(path, null);
        use(active, id);
        return;
      }
    }
  }

  /**
   * Gives a path an ID, if there is one. Where the peer changes its address without knowing it, its
   * ID does not change either, and ours need not.
   */
  void assign(Path path, Path active) {
    if (path.hasPeerId()) {
      return;
    }
    PeerConnectionId fresh = peerIds.takeUnused();
    if (fresh == null && path != active && active.hasPeerId() && path.isAddressedAs(active)) {
      fresh = active.peerId();
    } else if (fresh != null) {
      changed = true;
    }
    if (fresh != null) {
      use(path, fresh);
    }
  }

  /** Whether another path could have an ID of its own (an empty one is nobody's own). */
  boolean hasUnused() {
    return peerIds.hasUnused();
  }

  /** Changes the ID on the active path once it has been seen that often; 0: never. */
  void rotate(Path active, long packets) {
    if (packets > 0 && active.packetsWithPeerId() >= packets && replace(active)) {
      changed = true;
    }
  }

  /** The peer has begun to address us by another ID on the active path. */
  void onPeerRotated(Path active) {
    if (changed) {
      changed = false;
    } else if (active.packetsWithPeerId() >= MIN_PACKETS_PER_ANSWER) {
      replace(active);
    }
  }

  private boolean replace(Path active) {
    if (!peerIds.hasUnused() || !active.isValidated()) {
      return false;
    }
    release(active);
    use(active, peerIds.takeUnused());
    return true;
  }

  void release(Path path) {
    if (path.hasPeerId()) {
      PeerConnectionId id = path.peerId();
      use(path, null);
      if (paths.stream().noneMatch(other -> other.uses(id))) {
        peerIds.abandon(id);
      }
    }
  }

  private void use(Path path, @Nullable PeerConnectionId id) {
    if (path.hasPeerId() && path.peerId().hasResetToken()) {
      registry.ignoreReset(path.remote(), path.peerId().resetToken());
    }
    path.peerId(id);
    if (id != null && id.hasResetToken()) {
      registry.expectReset(path.remote(), id.resetToken(), owner);
    }
  }

  /** The connection is gone. */
  void releaseAll() {
    paths.forEach(path -> use(path, null));
  }

  /**
   * Whether a datagram that came on a path, of which no packet could be read, is the peer's
   * stateless reset.
   */
  static boolean isStatelessReset(Path arrival, byte[] datagram, int from, int end) {
    if (end - from < StatelessResets.MIN_BYTES || !arrival.hasPeerId()) {
      return false;
    }
    byte[] token = arrival.peerId().resetToken();
    // RFC 9000 §10.3.1: in constant time, or tokens could be guessed byte by byte.
    byte[] tail = new byte[ExpectedResets.TOKEN_BYTES];
    System.arraycopy(datagram, end - tail.length, tail, 0, tail.length);
    return token.length > 0 && MessageDigest.isEqual(token, tail);
  }
}
