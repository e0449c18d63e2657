package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.congestion.Pacer;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.recovery.DatagramSizeSearch;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;

/**
 * Decides what a connection sends now: to which of the peer's addresses, and how much of it the
 * congestion window, the pacer, the amplification limit and the keys allow. What the datagrams have
 * in them is {@link DatagramAssembler}'s.
 */
final class Transmitter {
  private static final long NEVER = Long.MAX_VALUE;

  /**
   * Acknowledgements travel with what the handshake is about to answer, and cost no datagram of
   * their own, unless it computes for longer than this. Timers of the peer's are no shorter (RFC
   * 9002 §6.2.1 begins with a third of a second).
   */
  private static final long MAX_HELD_NANOS = 10_000_000;

  private static final long HELD_LONG_ENOUGH = Long.MIN_VALUE;

  private final QuicConnection connection;
  private final Recovery recovery;
  private final Paths paths;
  private final OutgoingFrames outgoing;
  private final Closing closing;
  private final IdleTimer idleTimer;
  private final ConnectionCounters counters;
  private final DatagramAssembler assembler;
  private final DatagramSizeSearch sizes;
  private final Pacer pacer;
  private final long packetsPerConnectionId;
  private int datagramBytes;
  private long pacerDeadlineNanos = NEVER;
  private boolean amplificationLimited;

  /** Until when packets wait for the handshake's work. */
  private long heldUntilNanos = NEVER;

  Transmitter(
      QuicConnection connection,
      QuicConfig config,
      Closing closing,
      IdleTimer idleTimer,
      ConnectionCounters counters,
      LoopBuffers buffers,
      PacketNumberSkipper skipper) {
    this.connection = connection;
    this.recovery = connection.recovery();
    this.paths = connection.paths();
    this.outgoing = connection.outgoing();
    this.closing = closing;
    this.idleTimer = idleTimer;
    this.counters = counters;
    this.assembler =
        new DatagramAssembler(connection, this, buffers, config.maxDatagramBytes(), skipper);
    this.sizes = recovery.datagramSizes();
    this.pacer = new Pacer(config.datagramBytes());
    this.packetsPerConnectionId = config.packetsPerConnectionId();
    this.datagramBytes = config.datagramBytes();
  }

  /** UDP payload of a full packet. */
  int datagramBytes() {
    return datagramBytes;
  }

  /** The peer takes no UDP payload that is longer (RFC 9000 §18.2). */
  void onPeerMaxUdpPayload(long bytes) {
    sizes.onPeerMaxUdpPayload(bytes);
    followPath();
  }

  /** Full packets have the size that the path is known to take. */
  private void followPath() {
    if (datagramBytes != sizes.bytes()) {
      datagramBytes = sizes.bytes();
      pacer.onDatagramBytes(datagramBytes);
    }
  }

  /** Has the application know how long a message may be that fits into a packet. */
  void noteDatagramRoom() {
    Path path = paths.active();
    if (path.hasPeerId()) {
      int room = assembler.frameRoomBytes(path.peerId().id(), datagramBytes);
      connection.mux().datagrams().onPacketRoom(room);
    }
  }

  /** Looks again whether the active path's amplification limit (RFC 9000 §8.1) holds us up. */
  void updateAmplificationLimit(long nowNanos) {
    boolean limited = !paths.active().mayFill();
    if (limited != amplificationLimited) {
      amplificationLimited = limited;
      recovery.onAmplificationLimited(limited, nowNanos);
    }
  }

  /** When {@link #transmit} may have something to send though nothing else has happened. */
  long deadlineNanos() {
    if (heldUntilNanos != NEVER && heldUntilNanos != HELD_LONG_ENOUGH) {
      return heldUntilNanos;
    }
    if (amplificationLimited) {
      return NEVER;
    }
    long deadline = pacerDeadlineNanos;
    for (PacketNumberSpace space : connection.spaces()) {
      if (space.sealer != null) {
        deadline = Math.min(deadline, space.received.ackDeadlineNanos());
      }
    }
    return deadline;
  }

  /**
   * Fills one batch of datagrams, all for one of the peer's addresses.
   *
   * @return false: nothing to send before {@link #deadlineNanos} or further input
   */
  boolean transmit(SendBatch out, long nowNanos) {
    if (closing.isOpen()
        && (isHeld(nowNanos) || probePath(out, nowNanos) || probeSize(out, nowNanos))) {
      return out.count() > 0;
    }
    Path path = paths.active();
    out.begin(path.socket(), path.remote());
    if (closing.isOpen()) {
      paths.rotatePeerId(packetsPerConnectionId);
      recovery.ecn().beginBatch(nowNanos);
      fillBatch(out, path, nowNanos); // which may close
      out.mark(recovery.ecn().codepoint());
    }
    if (closing.isClosePending()
        && (connection.isHandshakeConfirmed() ? path.mayProbe() : path.mayFill())) {
      addClose(out, path, nowNanos);
    }
    return out.count() > 0;
  }

  /** Whether the handshake's next message is about to come. */
  private boolean isHeld(long nowNanos) {
    if (!connection.handshake().isAtWork()) {
      heldUntilNanos = NEVER;
      return false;
    }
    if (heldUntilNanos == NEVER) {
      heldUntilNanos = nowNanos + MAX_HELD_NANOS;
    }
    if (nowNanos >= heldUntilNanos) {
      heldUntilNanos = HELD_LONG_ENOUGH;
    }
    return heldUntilNanos != HELD_LONG_ENOUGH;
  }

  /** Sends what is due on a path that is not the active one. */
  private boolean probePath(SendBatch out, long nowNanos) {
    boolean windowOpen = recovery.sendAllowanceBytes() >= datagramBytes;
    Path path = paths.nextToProbe(windowOpen, nowNanos);
    if (path == null) {
      return false;
    }
    out.begin(path.socket(), path.remote());
    recovery.ecn().beginUnmarkedBatch();
    int bytes = roomFor(path, QuicConfig.MIN_DATAGRAM_BYTES);
    add(out, path, assembler.assembleProbe(path, out.buffer(), 0, bytes, nowNanos));
    paths.onProbeSent();
    return out.count() > 0;
  }

  /** Sends a datagram that is larger than what the path is known to take, if one is due. */
  private boolean probeSize(SendBatch out, long nowNanos) {
    int bytes = sizes.probeDueBytes(nowNanos);
    Path path = paths.active();
    if (bytes == 0
        || !connection.isHandshakeConfirmed()
        || !path.isValidated()
        || !path.hasPeerId()
        || recovery.sendAllowanceBytes() < bytes
        || !hasUsableKey(nowNanos)) {
      return false;
    }
    out.begin(path.socket(), path.remote());
    recovery.ecn().beginUnmarkedBatch();
    long packetNumber = assembler.assembleSizeProbe(out.buffer(), bytes, nowNanos);
    add(out, path, bytes);
    sizes.onProbeSent(packetNumber);
    return true;
  }

  private void fillBatch(SendBatch out, Path path, long nowNanos) {
    pacerDeadlineNanos = NEVER;
    if (!hasUsableKey(nowNanos)) {
      return;
    }
    followPath();
    noteDatagramRoom();
    pacer.onRate(recovery.pacingBytesPerNano());
    int batchBytes = pacer.batchBytes();
    connection.mux().beginBatch(batchBytes == SendBatch.CAPACITY_BYTES);
    while (out.hasRoom(datagramBytes)
        && out.length() + datagramBytes <= batchBytes
        && (path.mayFill() || path.isChallengeDue(nowNanos))) {
      int bytes = roomFor(path, datagramBytes);
      boolean windowOpen = recovery.sendAllowanceBytes() >= datagramBytes && path.mayFill();
      boolean mayElicit = windowOpen && isPaced(nowNanos);
      int length = assembler.assemble(out.buffer(), out.length(), bytes, mayElicit, nowNanos);
      if (length == 0) {
        recovery.onApplicationLimited(windowOpen && !outgoing.hasPending());
        break;
      }
      add(out, path, length);
      dropOldKeys(nowNanos);
      if (length == datagramBytes) {
        sizes.onFullPacketSent();
      } else {
        break; // a shorter datagram can only be the last of a batch
      }
    }
    updateAmplificationLimit(nowNanos);
  }

  private void addClose(SendBatch out, Path path, long nowNanos) {
    boolean newest = closing.takeNewest();
    int bytes = roomFor(path, QuicConfig.MIN_DATAGRAM_BYTES);
    add(
        out,
        path,
        assembler.assembleClose(out.buffer(), bytes, closing.reason(), newest, nowNanos));
  }

  private static int roomFor(Path path, int bytes) {
    return (int) Math.min(bytes, path.amplification().allowanceBytes());
  }

  private void add(SendBatch out, Path path, int length) {
    if (length > 0) {
      out.add(length);
      counters.onDatagramSent(length);
      path.onDatagramSent(length);
    }
  }

  /**
   * RFC 9001 §6.6: a key protects only so many packets before it gives plaintext away. It is
   * replaced at half of that; a connection whose peer prevents the update ends.
   */
  private boolean hasUsableKey(long nowNanos) {
    PacketSealer sealer = connection.spaces()[PacketSpace.APPLICATION.ordinal()].sealer;
    if (sealer == null
        || sealer.packetsSealed() < sealer.confidentialityLimit() / 2
        || connection.updateKeys(nowNanos)
        || sealer.packetsSealed() + SendBatch.MAX_SEGMENTS <= sealer.confidentialityLimit()) {
      return true;
    }
    closing.close(
        new CloseReason(Origin.LOCAL, false, TransportError.AEAD_LIMIT_REACHED, 0, "key used up"),
        connection.ptoNanos(),
        nowNanos);
    return false;
  }

  /** Whether the pacer lets a datagram go now; remembers when it will. */
  private boolean isPaced(long nowNanos) {
    long at = pacer.delayUntilNanos(nowNanos, datagramBytes);
    if (at <= nowNanos) {
      return true;
    }
    if (outgoing.hasPending()) {
      pacerDeadlineNanos = at;
    }
    return false;
  }

  /** RFC 9001 §4.9.1: a client drops its Initial keys when it first sends a Handshake packet. */
  private void dropOldKeys(long nowNanos) {
    PacketNumberSpace handshakeSpace = connection.spaces()[PacketSpace.HANDSHAKE.ordinal()];
    if (!connection.isServer() && handshakeSpace.nextPacketNumber > 0) {
      connection.discard(PacketSpace.INITIAL, nowNanos);
    }
  }

  /** A packet has been sealed into the batch. */
  void onPacketSent(
      PacketNumberSpace space,
      long packetNumber,
      int bytes,
      boolean ackEliciting,
      boolean inFlight,
      SentFrames frames,
      long nowNanos) {
    counters.onPacketSent(ackEliciting && recovery.probesPending(space.space) > 0);
    if (ackEliciting) {
      idleTimer.onSent(nowNanos);
    }
    if (inFlight) {
      pacer.onSent(bytes);
    }
    recovery.onPacketSent(
        space.space, packetNumber, bytes, ackEliciting, inFlight, frames, nowNanos);
  }
}
