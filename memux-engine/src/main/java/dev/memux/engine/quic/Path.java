package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One of our sockets together with one address of the peer's, and what may be sent there (RFC 9000
 * §9).
 */
final class Path {
  /** A datagram that takes a challenge or an answer, with connection IDs of any length. */
  static final int MIN_PROBE_BYTES = 80;

  /** What a client wants of a path that it tries out. */
  enum Aim {
    /** Nothing: it is not the client's own idea. */
    NONE,
    /** To know whether it works. */
    PROBE,
    /** To move there if it works. */
    MOVE
  }

  private static final long NEVER = Long.MAX_VALUE;

  private final int socket;
  private final InetSocketAddress remote;
  private final AddressValidation amplification;
  private final PathValidation validation;
  private final PathResponses responses = new PathResponses();
  private @Nullable PeerConnectionId peerId;
  private @Nullable ConnectionId localId;
  private long packetsWithPeerId;
  private boolean sizeValidated;
  private Aim aim = Aim.NONE;
  private boolean otherHost;
  private long keptUntilNanos = NOT_KEPT;
  private final PathCounters counters = new PathCounters();

  /**
   * @param amplification what may be sent before the peer has shown that it is there
   */
  Path(
      int socket,
      InetSocketAddress remote,
      AddressValidation amplification,
      RandomGenerator random) {
    this.socket = socket;
    this.remote = remote;
    this.amplification = amplification;
    this.validation = new PathValidation(random);
  }

  /** Which of our sockets sends and receives here, by the number that its owner has given it. */
  int socket() {
    return socket;
  }

  InetSocketAddress remote() {
    return remote;
  }

  boolean joins(int ourSocket, InetSocketAddress peer) {
    return socket == ourSocket && remote.equals(peer);
  }

  /** What has passed here. */
  PathCounters counters() {
    return counters;
  }

  Aim aim() {
    return aim;
  }

  /** Whether our own host is another one here than on the path before, as far as a client knows. */
  boolean isFromOtherHost() {
    return otherHost;
  }

  void aim(Aim value, boolean fromOtherHost) {
    aim = value;
    otherHost = fromOtherHost;
  }

  /** Packets may still come here, or we may want to come back, until then. */
  void keepUntil(long nanos) {
    keptUntilNanos = nanos;
  }

  boolean isKept() {
    return keptUntilNanos != NOT_KEPT;
  }

  /** When nothing is expected here any more; {@link Long#MAX_VALUE} unless {@link #isKept}. */
  long keptUntilNanos() {
    return isKept() ? keptUntilNanos : NEVER;
  }

  void endKeeping() {
    keptUntilNanos = NOT_KEPT;
  }

  AddressValidation amplification() {
    return amplification;
  }

  PathValidation validation() {
    return validation;
  }

  PathResponses responses() {
    return responses;
  }

  /** What packets on this path go to; only where {@link #hasPeerId}. */
  PeerConnectionId peerId() {
    if (peerId == null) {
      throw new IllegalStateException("no connection ID for " + remote);
    }
    return peerId;
  }

  /** RFC 9000 §9.3: without one nothing can be sent here. */
  boolean hasPeerId() {
    return peerId != null;
  }

  void peerId(@Nullable PeerConnectionId id) {
    peerId = id;
    packetsWithPeerId = 0;
  }

  boolean uses(@Nullable PeerConnectionId id) {
    return id != null && id.equals(peerId);
  }

  /** Whether the peer uses that ID of ours here. */
  boolean isAddressedBy(byte[] datagram, int dcidFrom, int dcidLength) {
    return localId != null && localId.matches(datagram, dcidFrom, dcidLength);
  }

  /**
   * The peer uses that ID of ours here.
   *
   * @return whether it used another one here before
   */
  boolean onAddressedBy(ConnectionId id) {
    boolean another = localId != null;
    localId = id;
    return another;
  }

  /** Whether the peer addresses the same socket of ours by the same ID as on the other path. */
  boolean isAddressedAs(Path other) {
    return socket == other.socket
        && localId != null
        && other.localId != null
        && localId.equals(other.localId);
  }

  void onPacketSent() {
    packetsWithPeerId++;
  }

  /** A datagram has left here. */
  void onDatagramSent(int bytes) {
    amplification.onSent(bytes);
    counters.onSent(bytes);
  }

  /** A datagram has come here. */
  void onDatagramReceived(int bytes) {
    amplification.onReceived(bytes);
    counters.onReceived(bytes);
  }

  /** Packets since the last change of the peer's ID. */
  long packetsWithPeerId() {
    return packetsWithPeerId;
  }

  /** Whether the peer has shown that it receives here, packets of full size too. */
  boolean isValidated() {
    return sizeValidated;
  }

  void onValidated() {
    amplification.onValidated();
    sizeValidated = true;
    validation.stop();
  }

  /** Room for a datagram of the least full size: more need not ever come from the client. */
  boolean mayFill() {
    return hasPeerId() && amplification.allowanceBytes() >= QuicConfig.MIN_DATAGRAM_BYTES;
  }

  /** Room for a challenge, an answer or a CONNECTION_CLOSE. */
  boolean mayProbe() {
    return hasPeerId() && amplification.allowanceBytes() >= MIN_PROBE_BYTES;
  }

  boolean isChallengeDue(long nowNanos) {
    return validation.isDue(nowNanos) && mayProbe();
  }

  /** When {@link #isChallengeDue} will hold, if nothing else happens. */
  long challengeDueNanos() {
    return mayProbe() ? validation.dueNanos() : NEVER;
  }

  @Override
  public String toString() {
    return remote + (isValidated() ? "" : ", not validated");
  }

  private static final long NOT_KEPT = Long.MIN_VALUE;
}
