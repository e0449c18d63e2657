package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One address of the peer's, and what may be sent there (RFC 9000 §9). */
final class Path {
  /** A datagram that takes a challenge or an answer, with connection IDs of any length. */
  static final int MIN_PROBE_BYTES = 80;

  private final InetSocketAddress remote;
  private final AddressValidation amplification;
  private final PathValidation validation;
  private final PathResponses responses = new PathResponses();
  private @Nullable PeerConnectionId peerId;
  private @Nullable ConnectionId localId;
  private long packetsWithPeerId;
  private boolean sizeValidated;

  /**
   * @param amplification what may be sent before the peer has shown that it is there
   */
  Path(InetSocketAddress remote, AddressValidation amplification, RandomGenerator random) {
    this.remote = remote;
    this.amplification = amplification;
    this.validation = new PathValidation(random);
  }

  InetSocketAddress remote() {
    return remote;
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

  /** Which of our IDs the peer uses here. */
  void onAddressedTo(byte[] datagram, int dcidFrom, int dcidLength) {
    if (localId == null || !localId.matches(datagram, dcidFrom, dcidLength)) {
      localId = ConnectionId.of(datagram, dcidFrom, dcidLength);
    }
  }

  /** Whether the peer addresses us here by the same ID as on the other path. */
  boolean isAddressedAs(Path other) {
    return localId != null && other.localId != null && localId.equals(other.localId);
  }

  void onPacketSent() {
    packetsWithPeerId++;
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
    return mayProbe() ? validation.dueNanos() : Long.MAX_VALUE;
  }

  @Override
  public String toString() {
    return remote + (isValidated() ? "" : ", not validated");
  }
}
