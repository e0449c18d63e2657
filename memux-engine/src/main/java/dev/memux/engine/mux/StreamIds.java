package dev.memux.engine.mux;

import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * The stream IDs of one type: how many we and the peer have opened, and may open (RFC 9000 §2.1,
 * §4.6). The peer's limit grows as its streams end, so that it always may have the same number open
 * at once.
 */
final class StreamIds {
  private final int typeBits;
  private final boolean server;
  private final long maxOpen;

  private long localOpened;
  private long localLimit;
  private long blockedReportedAt = -1;
  private long remoteOpened;
  private long remoteClosed;
  private long remoteLimit;

  StreamIds(StreamType type, boolean server, long maxOpen) {
    this.typeBits = type == StreamType.UNIDIRECTIONAL ? 2 : 0;
    this.server = server;
    this.maxOpen = maxOpen;
    this.remoteLimit = maxOpen;
  }

  /** How many more streams we may open now. */
  long openable() {
    return Math.max(0, localLimit - localOpened);
  }

  /** The ID of the next stream of ours; only if {@link #openable}. */
  long open() {
    return localOpened++ << 2 | typeBits | (server ? 1 : 0);
  }

  /** The limit that the peer set. */
  long localLimit() {
    return localLimit;
  }

  /** Whether the peer has not been told yet that this limit holds us back; it is told once. */
  boolean takeBlockedNews() {
    boolean news = blockedReportedAt != localLimit;
    blockedReportedAt = localLimit;
    return news;
  }

  /**
   * The peer's limit; a lower one than before has no effect (RFC 9000 §4.6).
   *
   * @return whether it rose
   */
  boolean onMaxStreams(long limit) {
    boolean rises = limit > localLimit;
    localLimit = Math.max(localLimit, limit);
    return rises;
  }

  /** The peer's limit is not known any more; streams of ours that are open may be above it. */
  void restart() {
    localLimit = 0;
    blockedReportedAt = -1;
  }

  /** Whether the peer allows {@code id}, one of ours. */
  boolean isLocalAllowed(long id) {
    return id >>> 2 < localLimit;
  }

  /** Whether the peer allows all that are open. */
  boolean isAllLocalAllowed() {
    return localOpened <= localLimit;
  }

  /** Whether {@code id}, one of ours, was ever opened. */
  boolean isLocalOpened(long id) {
    return id >>> 2 < localOpened;
  }

  /** The ID of the next stream of the peer's that is not open yet. */
  long nextRemote() {
    return remoteOpened << 2 | typeBits | (server ? 0 : 1);
  }

  /** Checks that the peer may use {@code id}. */
  void checkRemote(long id, FrameType frame) throws ProtocolException {
    if (!isRemoteAllowed(id)) {
      // RFC 9000 §4.6: each stream costs memory, so a peer must not open more than we allowed.
      throw new ProtocolException(
          TransportError.STREAM_LIMIT_ERROR, frame.code(), "stream " + id + " above the limit");
    }
  }

  /** Whether {@code id}, one of the peer's, is within the limit that it was given. */
  boolean isRemoteAllowed(long id) {
    return id >>> 2 < remoteLimit;
  }

  /** Whether {@code id}, one of the peer's, was ever opened. */
  boolean isRemoteOpened(long id) {
    return id >>> 2 < remoteOpened;
  }

  /** Takes the next ID of the peer's as open. */
  void onRemoteOpened() {
    remoteOpened++;
  }

  void onRemoteClosed() {
    remoteClosed++;
  }

  /** What the peer may be told to open up to. */
  long grantable() {
    return remoteClosed + maxOpen;
  }

  /**
   * Whether the peer should be told of a higher limit: enough streams have ended to be worth a
   * frame, or it has used up the present one and need not say so (RFC 9000 §4.6).
   */
  boolean isGrantDue() {
    return hasGrant() && (remoteOpened == remoteLimit || grantable() - remoteLimit >= maxOpen / 2);
  }

  /** Raises the peer's limit. */
  long grant() {
    remoteLimit = Math.max(remoteLimit, grantable());
    return remoteLimit;
  }

  /** Whether a grant would raise the limit at all. */
  boolean hasGrant() {
    return grantable() > remoteLimit;
  }
}
