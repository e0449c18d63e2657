package dev.memux.engine.quic;

import dev.memux.engine.mux.Mux;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.RecoveryListener;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;

/**
 * Everything that packets carry but acknowledgements: what waits to be sent, and what becomes of
 * it. A loss only says that something has to be sent again; what is sent then is what holds then
 * (RFC 9000 §13.3).
 */
final class OutgoingFrames implements RecoveryListener {
  private static final byte[] NO_TOKEN = {};

  private final PacketNumberSpace[] spaces;
  private final Mux mux;
  private final LocalConnectionIds localIds;
  private final PeerConnectionIds peerIds;
  private final Paths paths;
  private final AckFrequencyRequest ackFrequency = new AckFrequencyRequest();
  private boolean handshakeDonePending;

  /** For the client's next connection; empty once it has it. */
  private byte[] newToken = NO_TOKEN;

  private boolean newTokenPending;
  private boolean pingPending;

  OutgoingFrames(
      PacketNumberSpace[] spaces,
      Mux mux,
      LocalConnectionIds localIds,
      PeerConnectionIds peerIds,
      Paths paths) {
    this.spaces = spaces;
    this.mux = mux;
    this.localIds = localIds;
    this.peerIds = peerIds;
    this.paths = paths;
  }

  /** Tells the client that the handshake is complete (RFC 9000 §19.20). */
  void addHandshakeDone() {
    handshakeDonePending = true;
  }

  /** Gives the client a token for its next connection (RFC 9000 §19.7). */
  void addNewToken(byte[] token) {
    newToken = token;
    newTokenPending = true;
  }

  /** How often the peer is asked to acknowledge. */
  AckFrequencyRequest ackFrequency() {
    return ackFrequency;
  }

  /** Asks for an acknowledgement. */
  void addPing() {
    pingPending = true;
  }

  /** Whether {@link #fill} would write something in any packet that can be sent. */
  boolean hasPending() {
    for (PacketNumberSpace space : spaces) {
      if (space.sealer != null && hasPending(space)) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@link #fill} would write something. */
  boolean hasPending(PacketNumberSpace space) {
    if (space.sealsEarly) {
      return mux.hasPending() || pingPending;
    }
    return space.crypto.hasPending()
        || (space.space == PacketSpace.APPLICATION
            && (mux.hasPending()
                || handshakeDonePending
                || newTokenPending
                || pingPending
                || ackFrequency.hasPending()
                || localIds.hasPending()
                || peerIds.hasPending()
                || paths.active().responses().hasPending()));
  }

  /** Writes what a packet of that space should carry. */
  void fill(PacketNumberSpace space, FrameWriter writer, SentFrames sent, long nowNanos) {
    if (space.sealsEarly) {
      fillApplication(writer, sent, nowNanos);
      return;
    }
    space.crypto.fill(writer, sent);
    if (space.space != PacketSpace.APPLICATION) {
      return;
    }
    if (handshakeDonePending && writer.handshakeDone()) {
      handshakeDonePending = false;
      sent.add(SentFrames.Kind.HANDSHAKE_DONE);
    }
    if (newTokenPending && writer.newToken(newToken)) {
      newTokenPending = false;
      sent.add(SentFrames.Kind.NEW_TOKEN);
    }
    ackFrequency.write(writer, sent);
    paths.active().responses().write(writer, sent);
    peerIds.write(writer, sent);
    localIds.write(writer, sent);
    fillApplication(writer, sent, nowNanos);
  }

  /** What is legal in 0-RTT packets too (RFC 9000 §12.4); the rest answers the server. */
  private void fillApplication(FrameWriter writer, SentFrames sent, long nowNanos) {
    mux.fill(writer, sent, nowNanos);
    if (pingPending && writer.ping()) {
      pingPending = false;
      sent.add(SentFrames.Kind.PING);
    }
  }

  @Override
  public void onFramesAcked(PacketSpace space, SentFrames frames) {
    for (int i = 0; i < frames.size(); i++) {
      switch (frames.kind(i)) {
        case CRYPTO -> spaces[space.ordinal()].crypto.onAcked(frames.a(i), (int) frames.b(i));
        case ACK -> spaces[space.ordinal()].received.onAckAcknowledged(frames.a(i));
        case RETIRE_CONNECTION_ID -> peerIds.onRetireAcked(frames.a(i));
        case NEW_TOKEN -> {
          newToken = NO_TOKEN;
          newTokenPending = false;
        }
        default -> {} // the others are the streams', or nothing waits for them
      }
    }
    mux.onPacketAcked(frames);
  }

  @Override
  public void onAckRead() {
    mux.onAckRead();
  }

  @Override
  public void onFramesLost(PacketSpace space, SentFrames frames) {
    for (int i = 0; i < frames.size(); i++) {
      if (frames.kind(i) == SentFrames.Kind.DATAGRAM) {
        mux.datagrams().onLost();
      }
    }
    sendAgain(space, frames);
  }

  @Override
  public void onFramesProbed(PacketSpace space, SentFrames frames) {
    sendAgain(space, frames);
  }

  private void sendAgain(PacketSpace space, SentFrames frames) {
    for (int i = 0; i < frames.size(); i++) {
      switch (frames.kind(i)) {
        case CRYPTO -> spaces[space.ordinal()].crypto.onLost(frames.a(i), (int) frames.b(i));
        case ACK_FREQUENCY -> ackFrequency.onLost(frames.a(i));
        case NEW_CONNECTION_ID -> localIds.onLost(frames.a(i));
        case RETIRE_CONNECTION_ID -> peerIds.onRetireLost(frames.a(i));
        case HANDSHAKE_DONE -> handshakeDonePending = true;
        case NEW_TOKEN -> newTokenPending = newToken.length > 0;
        default -> {} // the others are the streams', or are not repeated
      }
    }
    mux.onLost(frames);
  }
}
