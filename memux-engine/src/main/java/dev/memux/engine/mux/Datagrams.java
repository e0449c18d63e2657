package dev.memux.engine.mux;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The unreliable datagrams of one connection (RFC 9221): each is sent once, whole, in one packet,
 * and arrives at most once or not at all. No flow control holds them back (§5.3), only congestion
 * control (§5.4). Used on the thread that owns the connection; after {@link #send} the connection
 * has something to transmit.
 *
 * <p>Both queues are bounded, by {@link DatagramConfig}.
 */
public final class Datagrams extends Sender {
  /** In a tie datagrams go before all streams: they are few, and age. */
  private static final long ENTRY_ID = -1;

  /** What became of a datagram that was to be sent. */
  public enum SendResult {
    /** It will be sent, unless newer ones displace it. */
    QUEUED,
    /** It will be sent; older ones that waited were dropped for it. */
    DISPLACED_OLDER,
    /** It was not taken: the queue is full. */
    FULL,
    /** It was not taken: {@link #maxPayloadBytes} is less. */
    TOO_LARGE,
    /** It was not taken: the peer accepts none, or has not said so yet, or the connection ended. */
    NOT_ACCEPTED
  }

  private final DatagramConfig config;
  private final Scheduler<Sender> scheduler;
  private final Entry<Sender> entry;
  private final DatagramQueue outgoing;
  private final DatagramQueue incoming;

  /** Largest frame that the peer takes; 0: none. */
  private long peerFrameBytes;

  /** What a packet can hold besides its header and tag. */
  private int packetRoomBytes;

  private boolean over;
  private long sent;
  private long lost;
  private long notSent;
  private long received;
  private long notRead;

  Datagrams(DatagramConfig config, Scheduler<Sender> scheduler) {
    this.config = config;
    this.scheduler = scheduler;
    entry =
        scheduler.add(
            ENTRY_ID, this, DatagramConfig.priority(config.urgency()), scheduler.defaultGroup());
    outgoing = new DatagramQueue(config.maxQueued(), config.maxQueuedBytes());
    incoming = new DatagramQueue(config.maxQueued(), config.maxQueuedBytes());
  }

  // What the application asks for.

  /**
   * The largest datagram that can be sent now; 0 also when the peer accepts none. It changes with
   * the path: what was queued before and is too large then is dropped.
   */
  public int maxPayloadBytes() {
    if (over || peerFrameBytes == 0) {
      return 0;
    }
    // In a packet of its own the frame needs no length; the peer's limit is kept with one, too.
    long limit = Math.min(peerFrameBytes, 1 + DatagramConfig.ANY_FRAME_BYTES);
    long byPeer = limit - 1 - VarInt.size(limit);
    return Math.clamp(byPeer, 0, Math.max(0, packetRoomBytes - 1));
  }

  /** Whether the peer has said that it accepts datagrams. */
  public boolean isAccepted() {
    return !over && peerFrameBytes > 0;
  }

  /** Copies a datagram into the queue, if it is taken; an empty one is one as well. */
  public SendResult send(ByteBuffer payload) {
    int length = payload.remaining();
    if (!isAccepted()) {
      return SendResult.NOT_ACCEPTED;
    }
    if (length > maxPayloadBytes()) {
      return SendResult.TOO_LARGE;
    }
    boolean full = !outgoing.hasRoom(length);
    if (full && config.overflow() == DatagramConfig.Overflow.DROP_NEWEST) {
      return SendResult.FULL;
    }
    notSent += outgoing.makeRoom(length);
    byte[] datagram = new byte[length];
    payload.get(datagram);
    outgoing.add(datagram);
    update();
    return full ? SendResult.DISPLACED_OLDER : SendResult.QUEUED;
  }

  /** The oldest datagram received and not taken yet; null: none. */
  public byte @Nullable [] poll() {
    return incoming.poll();
  }

  /** Whether {@link #poll} would return one. */
  public boolean isReadable() {
    return !incoming.isEmpty();
  }

  /** Changes when those not sent yet are sent, among streams (RFC 9218 §4.1). */
  public void setUrgency(int urgency) {
    scheduler.prioritize(entry, DatagramConfig.priority(urgency));
  }

  /** What became of datagrams so far. */
  public DatagramStatistics statistics() {
    return new DatagramStatistics(sent, lost, notSent, received, notRead);
  }

  // What the carrier tells.

  /**
   * What the frames of one packet can take up at most, now.
   *
   * @param bytes without the packet's header and tag
   */
  public void onPacketRoom(int bytes) {
    packetRoomBytes = bytes;
  }

  /** A datagram was in a packet that is declared lost: it is not sent again (RFC 9221 §5). */
  public void onLost() {
    lost++;
  }

  void onPeerLimit(long maxFrameBytes) {
    peerFrameBytes = maxFrameBytes;
  }

  void onReceived(byte[] data, int from, int length, int frameBytes) throws ProtocolException {
    if (frameBytes > config.maxFrameBytes()) {
      // RFC 9221 §3: nothing but this limit keeps a peer from sending what we have no use for.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.DATAGRAM.code(),
          config.maxFrameBytes() == 0 ? "datagrams are not accepted" : "datagram above the limit");
    }
    received++;
    notRead += incoming.makeRoom(length); // RFC 9221 §5.3: who cannot store one may drop one
    incoming.add(Arrays.copyOfRange(data, from, from + length));
  }

  @Override
  boolean emit(FrameWriter writer, SentFrames sentFrames) {
    dropTooLarge();
    byte[] next = outgoing.peek();
    if (next == null || !writer.datagram(next)) {
      return false; // if it is too large for what is left of this packet, the next will hold it
    }
    outgoing.poll();
    sent++;
    sentFrames.add(SentFrames.Kind.DATAGRAM);
    scheduler.charge(entry, next.length);
    update();
    return true;
  }

  private void dropTooLarge() {
    for (byte[] next = outgoing.peek();
        next != null && (!isAccepted() || next.length > maxPayloadBytes());
        next = outgoing.peek()) {
      outgoing.poll();
      notSent++;
    }
    update();
  }

  private void update() {
    // As if lost: like data to be sent again it needs no flow-control credit.
    scheduler.update(entry, !outgoing.isEmpty(), false);
  }

  /** Nothing more is sent; what was received can still be read. */
  void onConnectionClosed() {
    over = true;
    outgoing.clear();
    update();
  }

  void release() {
    onConnectionClosed();
    incoming.clear();
  }
}
