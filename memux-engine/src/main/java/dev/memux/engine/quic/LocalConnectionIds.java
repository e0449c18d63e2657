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
  /** More IDs are of use only to a peer that changes paths often. */
  private static final int MAX_ACTIVE = 4;

  private record Issued(long sequence, ConnectionId id) {}

  private final ConnectionIdRegistry registry;
  private final QuicConnection owner;
  private final List<Issued> active = new ArrayList<>();
  private final ArrayDeque<Issued> toAnnounce = new ArrayDeque<>();
  private final ConnectionId first;
  private long nextSequence;
  private long peerLimit = 1;

  LocalConnectionIds(ConnectionIdRegistry registry, QuicConnection owner) {
    this.registry = registry;
    this.owner = owner;
    this.first = issue().id();
  }

  /** The ID that our first packets carry as their source. */
  ConnectionId first() {
    return first;
  }

  /** Announces as many as the peer takes (RFC 9000 §18.2, active_connection_id_limit). */
  void onPeerLimit(long limit) {
    peerLimit = limit;
    announceMore();
  }

  private void announceMore() {
    while (active.size() < Math.min(peerLimit, MAX_ACTIVE)) {
      toAnnounce.addLast(issue());
    }
  }

  private Issued issue() {
    Issued issued = new Issued(nextSequence++, registry.issue(owner));
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
    if (sequence >= nextSequence) {
      throw violation("retires an ID never issued"); // RFC 9000 §19.16
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
        return;
      }
    }
  }

  boolean hasPending() {
    return !toAnnounce.isEmpty();
  }

  void write(FrameWriter writer, SentFrames sent) {
    while (!toAnnounce.isEmpty()) {
      Issued next = toAnnounce.peekFirst();
      byte[] token = registry.resetToken(next.id());
      if (!writer.newConnectionId(next.sequence(), 0, next.id().toByteArray(), token)) {
        return;
      }
      sent.add(SentFrames.Kind.NEW_CONNECTION_ID, next.sequence());
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
