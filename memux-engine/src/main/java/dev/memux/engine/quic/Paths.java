package dev.memux.engine.quic;

import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The addresses between which a connection runs (RFC 9000 §9). A server follows a client to another
 * address, at first with as little as an address that was never heard of may be sent, and goes back
 * if the client turns out not to be there. A client knows one address of the server's.
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

  private static final long NEVER = Long.MAX_VALUE;

  /** Takes what follows from a change. */
  interface Listener {
    /** The probe timeout on the active path. */
    long ptoNanos();

    /** Another path is active; the peer may not be there. */
    void onPathSwitched(long nowNanos);

    /**
     * The peer is where the active path leads, which is not where it was before.
     *
     * @param otherHost whether the IP address is another one, not the port alone
     */
    void onPeerMigrated(InetSocketAddress remote, boolean otherHost, long nowNanos);
  }

  private final QuicConnection owner;
  private final ConnectionIdRegistry registry;
  private final PeerConnectionIds peerIds;
  private final RandomGenerator random;
  private final Listener listener;
  private final List<Path> paths = new ArrayList<>();
  private Path active;

  /** Where the peer was before, to go back to while {@link #active} is not validated. */
  private @Nullable Path fallback;

  /** Where the datagram came from that is being read; not among {@link #paths} if of no use yet. */
  private Path arrival;

  /** Where the peer was last known to be. */
  private InetSocketAddress lastKnown;

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
    this.registry = registry;
    this.peerIds = peerIds;
    this.random = random;
    this.listener = listener;
    active = new Path(remote, new AddressValidation(validated), random);
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

  int size() {
    return paths.size();
  }

  // What arrives.

  /** Whether the peer is known to be, or to have tried to be, at that address. */
  boolean isKnown(InetSocketAddress remote) {
    return find(remote) != null;
  }

  private @Nullable Path find(InetSocketAddress remote) {
    if (active.remote().equals(remote)) {
      return active;
    }
    for (Path path : paths) {
      if (path.remote().equals(remote)) {
        return path;
      }
    }
    return null;
  }

  /** A datagram for this connection came; all that follows concerns it. */
  void onDatagram(InetSocketAddress remote, int bytes) {
    Path known = find(remote);
    arrival = known == null ? new Path(remote, new AddressValidation(false), random) : known;
    arrival.amplification().onReceived(bytes);
  }

  /** A packet of that datagram is authentic; its frames follow. */
  void onPacketOpened(byte[] datagram, int dcidFrom, int dcidLength) {
    arrival.onAddressedTo(datagram, dcidFrom, dcidLength);
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
    if (arrival != active) {
      switchTo(arrival, nowNanos);
    }
  }

  void onChallenge(long data) {
    // RFC 9000 §8.2.2: answered where it came from, or it would show nothing.
    add(arrival);
    arrival.responses().add(data);
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
      PathValidation.Answer answer = path.validation().onResponse(data);
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
    if (path == active) {
      onActiveValidated(nowNanos);
    }
    dropUnneeded();
  }

  /** A client's handshake has shown where it is (RFC 9000 §8.1). */
  void onHandshakeValidated() {
    active.onValidated();
  }

  // Where packets go.

  private void switchTo(Path next, long nowNanos) {
    Path previous = active;
    add(next);
    active = next;
    if (next.isValidated()) {
      fallback = null;
    } else {
      fallback = previous.isValidated() ? previous : fallback;
      challenge(next, nowNanos);
    }
    if (previous.isValidated() && !previous.validation().isRunning()) {
      // RFC 9000 §9.3.3: somebody who forwards packets may only pretend to be a new address; the
      // question brings a true peer back.
      challenge(previous, nowNanos);
    }
    dropUnneeded();
    listener.onPathSwitched(nowNanos);
    if (next.isValidated()) {
      onActiveValidated(nowNanos);
    }
  }

  private void onActiveValidated(long nowNanos) {
    fallback = null;
    InetSocketAddress remote = active.remote();
    if (!remote.equals(lastKnown)) {
      InetAddress before = lastKnown.getAddress();
      lastKnown = remote;
      listener.onPeerMigrated(remote, !remote.getAddress().equals(before), nowNanos);
    }
  }

  private void challenge(Path path, long nowNanos) {
    challenged = true;
    long ptoNanos = listener.ptoNanos();
    long cautiousNanos = Math.max(ptoNanos, INITIAL_PTO_NANOS);
    // RFC 9000 §8.2.1: no more often than Initial packets would be sent there. Where only the port
    // is new, the round trip is known.
    boolean sameHost = path.remote().getAddress().equals(lastKnown.getAddress());
    path.validation()
        .start(sameHost ? ptoNanos : cautiousNanos, TIMEOUT_PTOS * cautiousNanos, nowNanos);
  }

  private void add(Path path) {
    if (paths.contains(path)) {
      return;
    }
    if (paths.size() >= MAX_PATHS) {
      for (Path other : paths) {
        if (other != active && other != fallback) {
          drop(other);
          break;
        }
      }
    }
    paths.add(path);
    assignPeerId(path);
  }

  /** Nothing is left to ask or answer there. */
  private void dropUnneeded() {
    for (int i = paths.size() - 1; i >= 0; i--) {
      Path path = paths.get(i);
      boolean needed =
          path == active
              || path == fallback
              || (path.isValidated() && path.validation().isRunning())
              || path.responses().hasPending();
      if (!needed) {
        drop(path);
      }
    }
  }

  private void drop(Path path) {
    paths.remove(path);
    releasePeerId(path);
  }

  // Connection IDs.

  /** The peer has chosen its first ID, or told the token that goes with it. */
  void onFirstPeerId(PeerConnectionId id) {
    use(active, id);
  }

  /** The peer has issued IDs, or had some retired. */
  void onPeerIdsChanged() {
    boolean hadPeerId = active.hasPeerId();
    for (Path path : paths) {
      if (path.hasPeerId() && !peerIds.isInUse(path.peerId())) {
        use(path, null);
      }
    }
    assignPeerId(active);
    if (hadPeerId && !active.hasPeerId()) {
      takeOverPeerId();
    }
    paths.forEach(this::assignPeerId);
  }

  /**
   * What is left after the peer had IDs retired is on another path; the active one needs it more.
   */
  private void takeOverPeerId() {
    for (Path path : paths) {
      if (path.hasPeerId()) {
        PeerConnectionId id = path.peerId();
        use(path, null);
        use(active, id);
        return;
      }
    }
  }

  /**
   * RFC 9000 §9.5: an ID of its own for each path, so that nobody can see that they belong
   * together. Where the peer changes its address without knowing it, its ID does not change either,
   * and ours need not.
   */
  private void assignPeerId(Path path) {
    if (path.hasPeerId()) {
      return;
    }
    PeerConnectionId fresh = peerIds.takeUnused();
    if (fresh == null && path != active && active.hasPeerId() && path.isAddressedAs(active)) {
      fresh = active.peerId();
    }
    if (fresh != null) {
      use(path, fresh);
    }
  }

  /** Changes the ID on the active path once it has been seen that often; 0: never. */
  void rotatePeerId(long packets) {
    if (packets > 0
        && active.packetsWithPeerId() >= packets
        && peerIds.hasUnused()
        && active.isValidated()) {
      releasePeerId(active);
      assignPeerId(active);
    }
  }

  private void releasePeerId(Path path) {
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

  /**
   * Whether the datagram that is being read, of which no packet could be, is the peer's stateless
   * reset.
   */
  boolean isStatelessReset(byte[] datagram, int from, int end) {
    if (end - from < StatelessResets.MIN_BYTES || !arrival.hasPeerId()) {
      return false;
    }
    byte[] token = arrival.peerId().resetToken();
    // RFC 9000 §10.3.1: in constant time, or tokens could be guessed byte by byte.
    byte[] tail = new byte[ExpectedResets.TOKEN_BYTES];
    System.arraycopy(datagram, end - tail.length, tail, 0, tail.length);
    return token.length > 0 && MessageDigest.isEqual(token, tail);
  }

  /** The connection is gone. */
  void release() {
    paths.forEach(path -> use(path, null));
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
    }
    return deadlineNanos;
  }

  void onTimeout(long nowNanos) {
    boolean failed = false;
    for (Path path : paths) {
      if (path.validation().endNanos() <= nowNanos) {
        path.validation().stop();
        failed |= path == active;
      }
    }
    if (failed && fallback != null) {
      // RFC 9000 §9.3.2: somebody else's address may have been put on the peer's packet.
      active = fallback;
      fallback = null;
      assignPeerId(active);
      listener.onPathSwitched(nowNanos);
    }
    dropUnneeded();
  }
}
