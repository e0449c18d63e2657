package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The addresses between which a connection runs (RFC 9000 §9). A server follows a client to another
 * address, at first with as little as an address that was never heard of may be sent, and goes back
 * if the client turns out not to be there. A client moves of its own will ({@link
 * ActiveMigration}), and only along paths that it has tried out.
 *
 * <p>Of several paths one is active: all but challenges and answers to them goes there.
 */
final class Paths {
  /**
   * The active one, the one before it, and two that a peer tries out. Another one takes the place
   * of a tried one: who changes its address faster than it can be asked is asked at the last.
   */
  static final int MAX_PATHS = 4;

  /** RFC 9002 §6.2.2: a probe timeout where nothing is known of the path. */
  static final long INITIAL_PTO_NANOS = 999_000_000;

  /** RFC 9000 §8.2.4: probe timeouts that an answer may take. */
  private static final int TIMEOUT_PTOS = 3;

  /** The socket that a connection begins at; a server's others are at its preferred addresses. */
  static final int FIRST_SOCKET = 0;

  private static final long NEVER = Long.MAX_VALUE;

  /** Takes what follows from a change. */
  interface Listener {
    /** The probe timeout on the active path. */
    long ptoNanos();

    /** Another path is active; the peer may not be there. */
    void onPathSwitched(long nowNanos);

    /**
     * The active path is validated, and its capacity and round trip have nothing to do with those
     * of the one before.
     *
     * @param roundTripNanos of a challenge and its answer; 0: not known
     */
    void onNewPath(long roundTripNanos, long nowNanos);

    /** The peer is where the active path leads, which is not where it was before. */
    void onPeerMigrated(InetSocketAddress remote, long nowNanos);

    /** We have moved; the peer does not know yet. */
    void onMoved(long nowNanos);
  }

  private final QuicConnection owner;
  private final RandomGenerator random;
  private final Listener listener;
  private final List<Path> paths = new ArrayList<>();
  private final PathConnectionIds ids;
  private final ActiveMigration migration = new ActiveMigration(this);
  private Path active;

  /** Where the peer was before, to go back to while {@link #active} is not validated. */
  private @Nullable Path fallback;

  /** Where a client has come to a server's preferred address, until that path is validated. */
  private @Nullable Path awaited;

  /** Where the datagram came from that is being read; not among {@link #paths} if of no use yet. */
  private Path arrival;

  /** Where the peer was last known to be. */
  private InetSocketAddress lastKnown;

  /** Where it was known to be talking to. */
  private int lastSocket = FIRST_SOCKET;

  private long largestNonProbing = -1;
  private boolean challenged;

  /**
   * @param validated whether nobody has to prove where the peer is: to a client, or to a server
   *     that was shown a token
   */
  Paths(
      boolean validated,
      QuicConnection owner,
      InetSocketAddress remote,
      ConnectionIdRegistry registry,
      PeerConnectionIds peerIds,
      RandomGenerator random,
      Listener listener) {
    this.owner = owner;
    this.random = random;
    this.listener = listener;
    ids = new PathConnectionIds(owner, registry, peerIds, paths);
    active = new Path(FIRST_SOCKET, remote, new AddressValidation(validated), random);
    active.peerId(peerIds.first());
    if (validated) {
      active.onValidated();
    }
    paths.add(active);
    arrival = active;
    lastKnown = remote;
  }

  /** Where packets go. */
  Path active() {
    return active;
  }

  /** A client's moves of its own will. */
  ActiveMigration migration() {
    return migration;
  }

  int size() {
    return paths.size();
  }

  List<Path> all() {
    return List.copyOf(paths);
  }

  List<PathStatistics> statistics() {
    return paths.stream().map(p -> p.counters().statistics(p, p == active)).toList();
  }

  // What arrives.

  /** Whether the peer is known to be, or to have tried to be, at that address. */
  boolean isKnown(int socket, InetSocketAddress remote) {
    return find(socket, remote) != null;
  }

  private @Nullable Path find(int socket, InetSocketAddress remote) {
    if (active.joins(socket, remote)) {
      return active;
    }
    for (Path path : paths) {
      if (path.joins(socket, remote)) {
        return path;
      }
    }
    return null;
  }

  /** A datagram for this connection came; all that follows concerns it. */
  void onDatagram(int socket, InetSocketAddress remote, int bytes) {
    Path known = find(socket, remote);
    arrival =
        known == null ? new Path(socket, remote, new AddressValidation(false), random) : known;
    arrival.onDatagramReceived(bytes);
  }

  /** A packet of that datagram is authentic; its frames follow. */
  void onPacketOpened(byte[] datagram, int dcidFrom, int dcidLength) {
    if (!arrival.isAddressedBy(datagram, dcidFrom, dcidLength)) {
      ConnectionId id = ConnectionId.of(datagram, dcidFrom, dcidLength);
      boolean rotated = arrival.onAddressedBy(id);
      if (owner.localIds().onUsed(id) && rotated && arrival == active) {
        ids.onPeerRotated(active);
      }
    }
  }

  /**
   * The frames of a 1-RTT packet have been read.
   *
   * @param probing whether all of them serve to try out a path (RFC 9000 §9.1)
   */
  void onPacketRead(long packetNumber, boolean probing, long nowNanos) {
    // RFC 9000 §9.3: a packet that was overtaken would lead back to where the peer has left.
    if (probing || packetNumber < largestNonProbing) {
      return;
    }
    largestNonProbing = packetNumber;
    if (arrival == active) {
      awaited = null;
    } else if (owner.isServer()) { // RFC 9000 §9: servers do not move
      follow(arrival, nowNanos);
    }
  }

  void onChallenge(long data, long nowNanos) {
    // RFC 9000 §8.2.2: answered where it came from, or it would show nothing.
    add(arrival);
    arrival.responses().add(data);
    if (owner.isServer() && arrival != active) {
      // RFC 9000 §9.6.3: who tries a path out is about to come, and will not have to wait then.
      arrival.keepUntil(nowNanos + timeoutNanos());
      if (!arrival.isValidated() && !arrival.validation().isRunning()) {
        challenge(arrival, nowNanos);
      }
    }
  }

  void onResponse(long data, long nowNanos) throws ProtocolException {
    if (!challenged) {
      // RFC 9000 §19.18: we have sent no challenge that it could answer.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.PATH_RESPONSE.code(),
          "answer without a challenge");
    }
    for (Path path : paths) {
      PathValidation.Answer answer = path.validation().onResponse(data, nowNanos);
      if (answer != PathValidation.Answer.NONE) {
        onAnswered(path, answer, nowNanos);
        return;
      }
    }
  }

  private void onAnswered(Path path, PathValidation.Answer answer, long nowNanos) {
    if (answer == PathValidation.Answer.ADDRESS) {
      // RFC 9000 §8.2.3: it may now be sent to, but must be asked with a datagram of full size.
      path.amplification().onValidated();
      challenge(path, nowNanos);
      return;
    }
    path.onValidated();
    if (path.aim() != Path.Aim.NONE) {
      onTriedOut(path, nowNanos);
    } else if (path == awaited) {
      switchTo(path, nowNanos);
    } else if (path == active) {
      onActiveValidated(nowNanos);
    }
    dropUnneeded();
  }

  /** A client's handshake has shown where it is (RFC 9000 §8.1). */
  void onHandshakeValidated() {
    active.onValidated();
  }

  // Where packets go: a server follows its client.

  private void follow(Path next, long nowNanos) {
    if (next.socket() == active.socket()) {
      switchTo(next, nowNanos);
    } else if (next.socket() == FIRST_SOCKET) {
      // RFC 9000 §9.6.2: who has come to the preferred address is there for good.
      return;
    } else if (next.isValidated()) {
      switchTo(next, nowNanos);
    } else {
      // RFC 9000 §9.6.2: not before the path is validated, or somebody who only pretends to be the
      // client could have the server leave its address.
      add(next);
      awaited = next;
      if (!next.validation().isRunning()) {
        challenge(next, nowNanos);
      }
    }
  }

  private void switchTo(Path next, long nowNanos) {
    Path previous = active;
    add(next);
    active = next;
    awaited = null;
    if (next.isValidated()) {
      fallback = null;
    } else {
      fallback = previous.isValidated() ? previous : fallback;
      if (!next.validation().isRunning()) {
        challenge(next, nowNanos);
      }
    }
    if (!previous.isValidated()) {
      previous.validation().stop(); // RFC 9000 §9.3.2: what an attacker has begun is over
      previous.endKeeping();
    } else {
      // Its ID goes with it, and packets to ours there may be under way.
      previous.keepUntil(nowNanos + listener.ptoNanos());
      if (!previous.validation().isRunning()) {
        // RFC 9000 §9.3.3: somebody who forwards packets may only pretend to be a new address; the
        // question brings a true peer back.
        challenge(previous, nowNanos);
      }
    }
    next.endKeeping();
    dropUnneeded();
    listener.onPathSwitched(nowNanos);
    if (next.isValidated()) {
      onActiveValidated(nowNanos);
    }
  }

  private void onActiveValidated(long nowNanos) {
    fallback = null;
    InetSocketAddress remote = active.remote();
    boolean otherHost = !remote.getAddress().equals(lastKnown.getAddress());
    boolean moved = !remote.equals(lastKnown);
    if (otherHost || active.socket() != lastSocket) {
      // RFC 9000 §9.4: another path, of which nothing is known; another port is the same path.
      listener.onNewPath(active.validation().roundTripNanos(), nowNanos);
    }
    lastKnown = remote;
    lastSocket = active.socket();
    if (moved) {
      listener.onPeerMigrated(remote, nowNanos);
    }
  }

  // Where packets go: a client moves.

  /**
   * Begins to ask whether the server can be reached at an address from one of our sockets.
   *
   * @return false: there is no connection ID for that path
   */
  boolean tryOut(
      int socket, InetSocketAddress remote, Path.Aim aim, boolean otherHost, long nowNanos) {
    Path path = find(socket, remote);
    if (path == null) {
      if (!ids.hasUnused()) {
        return false; // RFC 9000 §9.5
      }
      // RFC 9000 §8.2: a server that was there a moment ago is nobody's victim.
      path = new Path(socket, remote, new AddressValidation(true), random);
      add(path);
    }
    if (aim == Path.Aim.MOVE) {
      for (Path other : paths) {
        if (other.aim() == Path.Aim.MOVE) {
          other.aim(Path.Aim.PROBE, other.isFromOtherHost()); // the last word counts
        }
      }
    }
    path.aim(aim, otherHost);
    challenge(path, nowNanos);
    return true;
  }

  private void onTriedOut(Path path, long nowNanos) {
    migration.onValidated(path);
    boolean moves = path.aim() == Path.Aim.MOVE && path != active;
    boolean otherHost = path.isFromOtherHost();
    path.aim(Path.Aim.NONE, false);
    if (!moves) {
      path.keepUntil(nowNanos + timeoutNanos());
      return;
    }
    // What is under way to where we were shall still arrive.
    active.keepUntil(nowNanos + timeoutNanos());
    path.endKeeping();
    active = path;
    listener.onPathSwitched(nowNanos);
    if (otherHost) {
      listener.onNewPath(path.validation().roundTripNanos(), nowNanos); // RFC 9000 §9.4
    }
    listener.onMoved(nowNanos);
  }

  // What there is to each path.

  private void challenge(Path path, long nowNanos) {
    challenged = true;
    long ptoNanos = listener.ptoNanos();
    long cautiousNanos = Math.max(ptoNanos, INITIAL_PTO_NANOS);
    // RFC 9000 §8.2.1: no more often than Initial packets would be sent there. Where only the port
    // is new, the round trip is known.
    boolean samePath =
        path.remote().getAddress().equals(lastKnown.getAddress()) && !path.isFromOtherHost();
    path.validation()
        .start(samePath ? ptoNanos : cautiousNanos, TIMEOUT_PTOS * cautiousNanos, nowNanos);
  }

  private long timeoutNanos() {
    return TIMEOUT_PTOS * Math.max(listener.ptoNanos(), INITIAL_PTO_NANOS);
  }

  private void add(Path path) {
    if (paths.contains(path)) {
      return;
    }
    if (paths.size() >= MAX_PATHS) {
      for (Path other : paths) {
        if (other != active && other != fallback && other != awaited) {
          drop(other);
          break;
        }
      }
    }
    paths.add(path);
    ids.assign(path, active);
  }

  /** Nothing is left to ask or answer there, nor is anything expected. */
  private void dropUnneeded() {
    for (int i = paths.size() - 1; i >= 0; i--) {
      Path path = paths.get(i);
      boolean needed =
          path == active
              || path == fallback
              || path.validation().isRunning()
              || path.isKept()
              || path.responses().hasPending();
      if (!needed) {
        drop(path);
      }
    }
  }

  private void drop(Path path) {
    paths.remove(path);
    ids.release(path);
    if (path == awaited) {
      awaited = null;
    }
    if (!owner.isServer()) {
      migration.onLeft(path);
    }
  }

  // Connection IDs.

  /** The peer has chosen its first ID, or told the token that goes with it. */
  void onFirstPeerId(PeerConnectionId id) {
    ids.onFirst(active, id);
  }

  /** The peer has issued IDs, or had some retired. */
  void onPeerIdsChanged() {
    ids.onChanged(active);
  }

  /** Changes the ID on the active path once it has been seen that often; 0: never. */
  void rotatePeerId(long packets) {
    ids.rotate(active, packets);
  }

  /**
   * Whether the datagram that is being read, of which no packet could be, is the peer's stateless
   * reset.
   */
  boolean isStatelessReset(byte[] datagram, int from, int end) {
    return PathConnectionIds.isStatelessReset(arrival, datagram, from, end);
  }

  /** The connection is gone. */
  void release() {
    ids.releaseAll();
  }

  // Time and output.

  /**
   * A path apart from the active one that something is to be sent on.
   *
   * @param mayAnswer whether congestion control lets answers go
   */
  @Nullable Path nextToProbe(boolean mayAnswer, long nowNanos) {
    for (Path path : paths) {
      boolean answers = mayAnswer && path.responses().hasPending() && path.mayProbe();
      if (path != active && (answers || path.isChallengeDue(nowNanos))) {
        return path;
      }
    }
    return null;
  }

  /** Something has been sent on that path. */
  void onProbeSent() {
    dropUnneeded();
  }

  long deadlineNanos() {
    long deadlineNanos = NEVER;
    for (Path path : paths) {
      deadlineNanos = Math.min(deadlineNanos, path.validation().endNanos());
      deadlineNanos = Math.min(deadlineNanos, path.challengeDueNanos());
      deadlineNanos = Math.min(deadlineNanos, path.keptUntilNanos());
    }
    return deadlineNanos;
  }

  void onTimeout(long nowNanos) {
    boolean failed = false;
    for (Path path : paths) {
      if (path.keptUntilNanos() <= nowNanos) {
        path.endKeeping();
      }
      if (path.validation().endNanos() <= nowNanos) {
        path.validation().stop();
        failed |= path == active;
        if (path.aim() != Path.Aim.NONE) {
          path.aim(Path.Aim.NONE, false);
          migration.onFailed(path);
        }
      }
    }
    if (failed && fallback != null) {
      // RFC 9000 §9.3.2: somebody else's address may have been put on the peer's packet.
      active = fallback;
      fallback = null;
      ids.assign(active, active);
      listener.onPathSwitched(nowNanos);
    }
    dropUnneeded();
  }
}
