package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The connection IDs that the peer has issued, which we address it by (RFC 9000 §5.1.2). */
final class PeerConnectionIds {
  /** What we announce as active_connection_id_limit: one in use, the others for changes of path. */
  static final int ACTIVE_LIMIT = 4;

  /**
   * A peer that retires IDs as fast as it issues them makes us owe acknowledgements of its
   * retirements; RFC 9000 §5.1.2 allows a limit, of at least twice the active ones.
   */
  static final int MAX_RETIRING = 4 * ACTIVE_LIMIT;

  /** Behind an IPv4 and an IPv6 address with their ports (RFC 9000 §18.2). */
  private static final int PREFERRED_ID_LENGTH_AT = 4 + 2 + 16 + 2;

  private record Known(long sequence, ConnectionId id, byte[] resetToken) {}

  private final List<Known> known = new ArrayList<>();

  /** Sequence numbers to retire, until the peer has acknowledged it. */
  private final List<Long> retiring = new ArrayList<>();

  private final ArrayDeque<Long> toRetire = new ArrayDeque<>();
  private ConnectionId current;
  private long currentSequence;
  private long retiredPriorTo;

  /**
   * @param first what our first packets go to: a client's random choice, or the client's source ID
   */
  PeerConnectionIds(ConnectionId first) {
    current = first;
    known.add(new Known(0, first, new byte[0]));
  }

  /** What packets go to now. */
  ConnectionId current() {
    return current;
  }

  /** The peer's first authentic packet tells what it calls itself (RFC 9000 §7.2). */
  void onPeerChosen(ConnectionId id) {
    known.set(0, new Known(0, id, new byte[0]));
    current = id;
  }

  /**
   * We never go to a server's preferred address, but the ID for it is one that we have to retire
   * when the server says so: the one with sequence number 1 (RFC 9000 §9.6.1).
   *
   * @param encoded the transport parameter
   */
  void onPreferredAddress(byte[] encoded) throws ProtocolException {
    if (current.length() == 0) {
      throw new ProtocolException( // RFC 9000 §18.2
          TransportError.TRANSPORT_PARAMETER_ERROR, 0, "preferred_address with an empty ID");
    }
    int idFrom = PREFERRED_ID_LENGTH_AT + 1;
    int tokenFrom = idFrom + (encoded[PREFERRED_ID_LENGTH_AT] & 0xff);
    known.add(
        new Known(
            1,
            ConnectionId.of(encoded, idFrom, tokenFrom - idFrom),
            Arrays.copyOfRange(encoded, tokenFrom, encoded.length)));
  }

  void onNewConnectionId(ControlFrame.NewConnectionId frame) throws ProtocolException {
    if (current.length() == 0) {
      throw error(
          TransportError.PROTOCOL_VIOLATION, "new ID after an empty one"); // RFC 9000 §19.15
    }
    if (!isKnown(frame)) {
      if (frame.sequence() < retiredPriorTo) {
        retire(frame.sequence()); // RFC 9000 §19.15: retired before it could be used
      } else {
        known.add(
            new Known(
                frame.sequence(),
                ConnectionId.of(frame.connectionId()),
                frame.statelessResetToken()));
      }
    }
    // Of a repeated frame too: it may say what holds by now.
    if (frame.retirePriorTo() > retiredPriorTo) {
      retirePriorTo(frame.retirePriorTo());
    }
    if (known.size() > ACTIVE_LIMIT) {
      throw error(TransportError.CONNECTION_ID_LIMIT_ERROR, "too many connection IDs");
    }
  }

  private boolean isKnown(ControlFrame.NewConnectionId frame) throws ProtocolException {
    ConnectionId id = ConnectionId.of(frame.connectionId());
    for (Known other : known) {
      boolean sameNumber = other.sequence() == frame.sequence();
      boolean same =
          other.id().equals(id)
              && (other.sequence() == 0
                  || Arrays.equals(other.resetToken(), frame.statelessResetToken()));
      if (sameNumber != other.id().equals(id) || (sameNumber && !same)) {
        // RFC 9000 §19.15: one number, one ID, one token.
        throw error(TransportError.PROTOCOL_VIOLATION, "connection ID reissued differently");
      }
      if (sameNumber) {
        return true;
      }
    }
    return false;
  }

  private void retirePriorTo(long floor) throws ProtocolException {
    retiredPriorTo = floor;
    for (int i = known.size() - 1; i >= 0; i--) {
      long sequence = known.get(i).sequence();
      if (sequence < floor) {
        known.remove(i);
        retire(sequence);
      }
    }
    if (currentSequence < floor) {
      Known next = known.getFirst();
      current = next.id();
      currentSequence = next.sequence();
    }
  }

  private void retire(long sequence) throws ProtocolException {
    if (retiring.contains(sequence)) {
      return;
    }
    if (retiring.size() >= MAX_RETIRING) {
      throw error(TransportError.CONNECTION_ID_LIMIT_ERROR, "too many IDs being retired");
    }
    retiring.add(sequence);
    toRetire.addLast(sequence);
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
  }

  private static ProtocolException error(long code, String reason) {
    return new ProtocolException(code, FrameType.NEW_CONNECTION_ID.code(), reason);
  }
}
