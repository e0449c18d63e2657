package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.PreferredAddress;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.RangeSet;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connection IDs that the peer has issued, which we address it by (RFC 9000 §5.1.2). An ID is
 * unused, then in use by a path, then retired; {@link Paths} says which path uses which.
 */
final class PeerConnectionIds {
  /** What we announce as active_connection_id_limit: one in use, the others for changes of path. */
  static final int ACTIVE_LIMIT = 4;

  /**
   * A peer that retires IDs as fast as it issues them makes us owe acknowledgements of its
   * retirements; RFC 9000 §5.1.2 allows a limit, of at least twice the active ones.
   */
  static final int MAX_RETIRING = 4 * ACTIVE_LIMIT;

  /**
   * RFC 9000 §5.1.1: sequence numbers grow by one, so what has been retired is one range but for
   * frames that are late. A peer that leaves gaps would have us remember each.
   */
  static final int MAX_RETIRED_RANGES = 4 * MAX_RETIRING;

  /** In the order of their sequence numbers, lowest first. */
  private final List<PeerConnectionId> unused = new ArrayList<>();

  private final List<PeerConnectionId> inUse = new ArrayList<>();

  /** No path uses them any more, but {@link #MAX_RETIRING} does not let them go yet. */
  private final ArrayDeque<PeerConnectionId> abandoned = new ArrayDeque<>(1);

  /** Sequence numbers to retire, until the peer has acknowledged it. */
  private final List<Long> retiring = new ArrayList<>();

  private final ArrayDeque<Long> toRetire = new ArrayDeque<>(1);

  /** Every sequence number that we have retired: its frame may come again. */
  private final RangeSet retired = new RangeSet();

  private PeerConnectionId first;
  private long retiredPriorTo;

  /**
   * @param first what our first packets go to: a client's random choice, or the client's source ID
   */
  PeerConnectionIds(ConnectionId first) {
    this.first = new PeerConnectionId(0, first, PeerConnectionId.NO_TOKEN);
    inUse.add(this.first);
  }

  /** The ID of the first path. */
  PeerConnectionId first() {
    return first;
  }

  /** The peer's first authentic packet tells what it calls itself (RFC 9000 §7.2). */
  PeerConnectionId onPeerChosen(ConnectionId id) {
    return replaceFirst(new PeerConnectionId(0, id, PeerConnectionId.NO_TOKEN));
  }

  /** The server's transport parameters tell the token of its first ID (RFC 9000 §18.2). */
  PeerConnectionId onFirstResetToken(byte[] token) {
    return replaceFirst(new PeerConnectionId(0, first.id(), token));
  }

  private PeerConnectionId replaceFirst(PeerConnectionId known) {
    inUse.remove(first);
    first = known;
    inUse.add(known);
    return known;
  }

  /**
   * A server's preferred address comes with an ID, for that path or another: the one with sequence
   * number 1 (RFC 9000 §9.6.3).
   *
   * @param encoded the transport parameter
   */
  void onPreferredAddress(byte[] encoded) throws ProtocolException {
    if (isEmpty()) {
      throw new ProtocolException( // RFC 9000 §18.2
          TransportError.TRANSPORT_PARAMETER_ERROR, 0, "preferred_address with an empty ID");
    }
    PreferredAddress address = PreferredAddress.decode(encoded);
    unused.add(
        new PeerConnectionId(1, ConnectionId.of(address.connectionId()), address.resetToken()));
  }

  /** Whether the peer has none: it is then addressed without on every path (RFC 9000 §5.1.1). */
  boolean isEmpty() {
    return first.id().length() == 0;
  }

  void onNewConnectionId(ControlFrame.NewConnectionId frame) throws ProtocolException {
    if (isEmpty()) {
      throw error(
          TransportError.PROTOCOL_VIOLATION, "new ID after an empty one"); // RFC 9000 §19.15
    }
    PeerConnectionId issued =
        new PeerConnectionId(
            frame.sequence(), ConnectionId.of(frame.connectionId()), frame.statelessResetToken());
    if (!isKnown(issued) && !retired.contains(issued.sequence())) {
      if (issued.sequence() < retiredPriorTo) {
        retire(issued.sequence()); // RFC 9000 §19.15: retired before it could be used
      } else {
        addUnused(issued);
      }
    }
    // Of a repeated frame too: it may say what holds by now.
    if (frame.retirePriorTo() > retiredPriorTo) {
      retirePriorTo(frame.retirePriorTo());
    }
    if (unused.size() + inUse.size() + abandoned.size() > ACTIVE_LIMIT) {
      // RFC 9000 §5.1.1: after what the frame retires, no more than we have said we keep.
      throw error(TransportError.CONNECTION_ID_LIMIT_ERROR, "too many connection IDs");
    }
  }

  private boolean isKnown(PeerConnectionId issued) throws ProtocolException {
    boolean known = isAmong(unused, issued);
    known |= isAmong(inUse, issued);
    known |= isAmong(abandoned, issued);
    return known;
  }

  private static boolean isAmong(Iterable<PeerConnectionId> known, PeerConnectionId issued)
      throws ProtocolException {
    boolean repeated = false;
    for (PeerConnectionId other : known) {
      boolean sameNumber = other.sequence() == issued.sequence();
      boolean sameId = other.id().equals(issued.id());
      boolean sameToken = Arrays.equals(other.resetToken(), issued.resetToken());
      if (sameNumber ? !sameId || (other.hasResetToken() && !sameToken) : sameId) {
        // RFC 9000 §19.15: one number, one ID, one token.
        throw error(TransportError.PROTOCOL_VIOLATION, "connection ID reissued differently");
      }
      repeated |= sameNumber;
    }
    return repeated;
  }

  private void addUnused(PeerConnectionId issued) {
    int at = unused.size();
    while (at > 0 && unused.get(at - 1).sequence() > issued.sequence()) {
      at--;
    }
    unused.add(at, issued);
  }

  private void retirePriorTo(long floor) throws ProtocolException {
    retiredPriorTo = floor;
    retireBelow(floor, inUse);
    retireBelow(floor, unused);
    retireBelow(floor, abandoned);
  }

  private void retireBelow(long floor, Iterable<PeerConnectionId> ids) throws ProtocolException {
    for (var i = ids.iterator(); i.hasNext(); ) {
      long sequence = i.next().sequence();
      if (sequence < floor) {
        i.remove();
        retire(sequence);
      }
    }
  }

  private void retire(long sequence) throws ProtocolException {
    if (retiring.size() >= MAX_RETIRING) {
      throw error(TransportError.CONNECTION_ID_LIMIT_ERROR, "too many IDs being retired");
    }
    if (retired.size() >= MAX_RETIRED_RANGES && !retired.touches(sequence, sequence + 1)) {
      throw error(TransportError.CONNECTION_ID_LIMIT_ERROR, "too many gaps between IDs");
    }
    startRetiring(sequence);
  }

  private void startRetiring(long sequence) {
    retired.add(sequence, sequence + 1);
    retiring.add(sequence);
    toRetire.addLast(sequence);
  }

  /** An ID for a path that has none; null: the peer has not given enough. */
  @Nullable PeerConnectionId takeUnused() {
    if (isEmpty()) {
      return first;
    }
    if (unused.isEmpty()) {
      return null;
    }
    PeerConnectionId next = unused.removeFirst();
    inUse.add(next);
    return next;
  }

  boolean hasUnused() {
    return !unused.isEmpty();
  }

  /** Whether a path may go on to use the ID: the peer has not had it retired. */
  boolean isInUse(PeerConnectionId id) {
    return inUse.contains(id);
  }

  /** No path uses the ID any more: the peer shall give another for it. */
  void abandon(PeerConnectionId id) {
    if (!isEmpty() && inUse.remove(id)) {
      abandoned.addLast(id);
      retireAbandoned();
    }
  }

  /** Never beyond the limits that a peer is held to: what we retire of ourselves can wait. */
  private void retireAbandoned() {
    while (!abandoned.isEmpty()
        && retiring.size() < MAX_RETIRING / 2
        && retired.size() < MAX_RETIRED_RANGES) {
      startRetiring(abandoned.removeFirst().sequence());
    }
  }

  boolean hasPending() {
    return !toRetire.isEmpty();
  }

  void write(FrameWriter writer, SentFrames sent) {
    while (!toRetire.isEmpty() && writer.retireConnectionId(toRetire.peekFirst())) {
      sent.add(SentFrames.Kind.RETIRE_CONNECTION_ID, toRetire.removeFirst());
    }
  }

  void onRetireLost(long sequence) {
    if (retiring.contains(sequence) && !toRetire.contains(sequence)) {
      toRetire.addLast(sequence);
    }
  }

  void onRetireAcked(long sequence) {
    retiring.remove(sequence);
    toRetire.remove(sequence);
    retireAbandoned();
  }

  private static ProtocolException error(long code, String reason) {
    return new ProtocolException(code, FrameType.NEW_CONNECTION_ID.code(), reason);
  }
}
