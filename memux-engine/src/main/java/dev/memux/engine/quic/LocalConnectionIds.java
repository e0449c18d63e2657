package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The connection IDs that we have issued, which the peer addresses us by (RFC 9000 §5.1.1). */
final class LocalConnectionIds {
  /**
   * The most that a peer has of us to choose from, whatever it would take: one in use, one for a
   * new path, and two that are on their way while it changes paths quickly.
   */
  static final int MAX_ACTIVE = 4;

  /** The token is kept: the key that it was made with may have been replaced since. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  record Issued(long sequence, ConnectionId id, byte[] resetToken) {}

  private final ConnectionIdRegistry registry;
  private final QuicConnection owner;

  /** In the order of their sequence numbers. */
  private final List<Issued> active = new ArrayList<>();

  private final ArrayDeque<Issued> toAnnounce = new ArrayDeque<>(1);
  private final Issued first;
  private long nextSequence;
  private long largestAnnounced;
  private long largestUsed;
  private long retirePriorTo;
  private long peerLimit = 1;
  private boolean replacementWanted;

  LocalConnectionIds(ConnectionIdRegistry registry, QuicConnection owner) {
    this.registry = registry;
    this.owner = owner;
    this.first = issue();
  }

  /** The ID that our first packets carry as their source. */
  ConnectionId first() {
    return first.id();
  }

  /** By which the peer recognises our stateless reset for {@link #first}. */
  byte[] firstResetToken() {
    return first.resetToken();
  }

  /**
   * One that the peer learns with our transport parameters, as it goes with our preferred address:
   * the one with sequence number 1 (RFC 9000 §18.2). Before any other is issued; once.
   */
  Issued issueForPreferredAddress() {
    Issued issued = issue();
    largestAnnounced = issued.sequence();
    return issued;
  }

  /**
   * A packet of the peer's went to that ID.
   *
   * @return whether none that was issued later, nor it, has been used before
   */
  boolean onUsed(ConnectionId id) {
    for (Issued issued : active) {
      if (issued.sequence() > largestUsed && issued.id().equals(id)) {
        largestUsed = issued.sequence();
        return true;
      }
    }
    return false;
  }

  /** Announces as many as the peer takes (RFC 9000 §18.2, active_connection_id_limit). */
  void onPeerLimit(long limit) {
    peerLimit = limit;
    announceMore();
    if (replacementWanted) {
      replaceAll();
    }
  }

  /**
   * The peer shall use new IDs only, and retire all others (RFC 9000 §5.1.2). Those are valid until
   * it has.
   */
  void replaceAll() {
    // RFC 9000 §5.1.2: not before all that were to be retired by the last such request have been.
    // Nor while the peer may hold a single ID: what replaces it has to be announced.
    replacementWanted = peerLimit <= 1 || active.getFirst().sequence() < retirePriorTo;
    if (!replacementWanted && first.id().length() > 0) {
      retirePriorTo = nextSequence;
      announceMore();
    }
  }

  private void announceMore() {
    if (first.id().length() == 0) {
      return; // RFC 9000 §5.1.1: who chose an empty ID issues no others
    }
    long wanted = Math.min(peerLimit, MAX_ACTIVE);
    for (long valid = countValid(); valid < wanted; valid++) {
      toAnnounce.addLast(issue());
    }
  }

  private long countValid() {
    long valid = 0;
    for (Issued issued : active) {
      valid += issued.sequence() >= retirePriorTo ? 1 : 0;
    }
    return valid;
  }

  private Issued issue() {
    ConnectionId id = registry.issue(owner);
    Issued issued = new Issued(nextSequence++, id, registry.resetToken(id));
    active.add(issued);
    return issued;
  }

  /**
   * The peer does not use an ID any more, and gets another for it.
   *
   * @param packet the datagram in which the frame came
   */
  void onRetired(long sequence, byte[] packet, int dcidFrom, int dcidLength)
      throws ProtocolException {
    if (sequence > largestAnnounced) {
      // RFC 9000 §19.16: it cannot know of an ID that no frame has told it, and would make us issue
      // others for IDs it never held.
      throw violation("retires an ID never sent to it");
    }
    for (int i = 0; i < active.size(); i++) {
      Issued issued = active.get(i);
      if (issued.sequence() == sequence) {
        if (issued.id().matches(packet, dcidFrom, dcidLength)) {
          throw violation("retires the ID that its packet came to"); // RFC 9000 §19.16
        }
        active.remove(i);
        toAnnounce.remove(issued);
        registry.retire(issued.id());
        announceMore();
        break;
      }
    }
    if (replacementWanted) {
      replaceAll();
    }
  }

  boolean hasPending() {
    return !toAnnounce.isEmpty();
  }

  void write(FrameWriter writer, SentFrames sent) {
    while (!toAnnounce.isEmpty()) {
      Issued next = toAnnounce.peekFirst();
      // RFC 9000 §19.15: a frame cannot retire the ID that it brings; a later one does.
      long retire = Math.min(retirePriorTo, next.sequence());
      if (!writer.newConnectionId(
          next.sequence(), retire, next.id().toByteArray(), next.resetToken())) {
        return;
      }
      sent.add(SentFrames.Kind.NEW_CONNECTION_ID, next.sequence());
      largestAnnounced = Math.max(largestAnnounced, next.sequence());
      toAnnounce.removeFirst();
    }
  }

  void onLost(long sequence) {
    for (Issued issued : active) {
      if (issued.sequence() == sequence && !toAnnounce.contains(issued)) {
        toAnnounce.addLast(issued);
      }
    }
  }

  /** The connection is gone. */
  void retireAll() {
    active.forEach(issued -> registry.retire(issued.id()));
    active.clear();
    toAnnounce.clear();
  }

  private static ProtocolException violation(String reason) {
    return new ProtocolException(
        TransportError.PROTOCOL_VIOLATION, FrameType.RETIRE_CONNECTION_ID.code(), reason);
  }
}
