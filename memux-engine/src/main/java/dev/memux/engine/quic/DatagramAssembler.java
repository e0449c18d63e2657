package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.PacketNumbers;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts datagrams together: at most one packet of each packet number space, coalesced (RFC 9000
 * §12.2). All packets are written first and sealed then, as only the last one can take the padding.
 */
final class DatagramAssembler {
  private static final byte[] NO_TOKEN = new byte[0];

  /** RFC 9000 §10.3: how much longer than the receiver's connection IDs each packet is. */
  private static final int MIN_BYTES_BEYOND_ID = 22;

  /** A packet of acknowledgements only is followed, after this many, by one that asks for some. */
  private static final int ACK_ONLY_PACKETS_PER_PING = 32;

  /** A packet being written: where it stands in {@link #scratch}. */
  private static final class Draft {
    @Nullable PacketNumberSpace space;
    final SentFrames frames = new SentFrames();
    long packetNumber;
    int from;
    int payloadFrom;
    int payloadEnd;
    int packetNumberBytes;
    boolean ackEliciting;
    boolean provesPath;
    boolean padded;
  }

  private final QuicConnection connection;
  private final Transmitter transmitter;
  private final Recovery recovery;
  private final PacketNumberSkipper skipper;
  private final FrameWriter writer = new FrameWriter();
  private final LoopBuffers buffers;
  private final int maxDatagramBytes;

  /** Where packets are written before they are sealed. */
  private byte[] scratch = {};

  private final Draft[] drafts = {new Draft(), new Draft(), new Draft()};
  private int draftCount;
  private int ackOnlyPackets;

  /** Where the datagram goes. */
  private Path path;

  DatagramAssembler(
      QuicConnection connection,
      Transmitter transmitter,
      LoopBuffers buffers,
      int maxDatagramBytes,
      PacketNumberSkipper skipper) {
    this.connection = connection;
    this.transmitter = transmitter;
    this.path = connection.paths().active();
    this.recovery = connection.recovery();
    this.skipper = skipper;
    this.buffers = buffers;
    this.maxDatagramBytes = maxDatagramBytes;
  }

  /**
   * Writes one datagram for the active path.
   *
   * @param bytes the most it may have
   * @param mayElicit whether congestion control and pacing allow packets that ask for
   *     acknowledgement
   * @return its length, 0 if there is nothing to send
   */
  int assemble(byte[] out, int outFrom, int bytes, boolean mayElicit, long nowNanos) {
    path = connection.paths().active();
    draftCount = 0;
    scratch = buffers.draft(maxDatagramBytes);
    int end = 0;
    for (PacketNumberSpace space : connection.spaces()) {
      if (space.sealer != null) {
        end = draft(space, end, bytes, mayElicit, nowNanos);
      }
    }
    return finish(out, outFrom, end, bytes, nowNanos);
  }

  /**
   * Writes a datagram with nothing but the challenge that is due on a path and the answers that
   * wait there: a probing packet, which does not say that we have moved (RFC 9000 §9.1).
   *
   * @param bytes the most it may have, at least {@link Path#MIN_PROBE_BYTES}
   */
  int assembleProbe(Path probed, byte[] out, int outFrom, int bytes, long nowNanos) {
    path = probed;
    draftCount = 0;
    scratch = buffers.draft(maxDatagramBytes);
    PacketNumberSpace space = connection.spaces()[PacketSpace.APPLICATION.ordinal()];
    Draft draft = space.sealer == null ? null : begin(space, 0, bytes);
    if (draft == null) {
      return 0;
    }
    writeChallenge(draft.frames, bytes, nowNanos);
    probed.responses().write(writer, draft.frames);
    draft.provesPath = true;
    return finish(out, outFrom, end(draft, true), bytes, nowNanos);
  }

  /**
   * Writes a datagram that shows, if it arrives, that the path takes its size: a PING and padding
   * (RFC 9000 §14.4), so that nothing is lost with it.
   *
   * @param bytes its length
   * @return its packet number
   */
  long assembleSizeProbe(byte[] out, int bytes, long nowNanos) {
    path = connection.paths().active();
    draftCount = 0;
    scratch = buffers.draft(maxDatagramBytes);
    PacketNumberSpace space = connection.spaces()[PacketSpace.APPLICATION.ordinal()];
    Draft draft = begin(space, 0, bytes);
    if (draft == null) {
      throw new IllegalStateException("no room in " + bytes + " bytes");
    }
    writer.ping();
    draft.frames.add(SentFrames.Kind.PING);
    writer.padTo(bytes - PacketSealer.TAG_BYTES);
    finish(out, 0, end(draft, true), bytes, nowNanos);
    return draft.packetNumber;
  }

  private void writeChallenge(SentFrames frames, int bytes, long nowNanos) {
    if (path.isChallengeDue(nowNanos)) {
      boolean expanded = bytes >= QuicConfig.MIN_DATAGRAM_BYTES;
      path.validation().write(writer, frames, expanded, nowNanos);
    }
  }

  /**
   * Writes a datagram that says why we close (RFC 9000 §10.2.3). Before the handshake is confirmed
   * we do not know which keys the peer has: it is said under all of them.
   *
   * @param newest under the newest keys alone, or else under all older ones
   * @return its length, 0 if there are no older ones
   */
  int assembleClose(byte[] out, int bytes, CloseReason reason, boolean newest, long nowNanos) {
    path = connection.paths().active();
    draftCount = 0;
    scratch = buffers.draft(maxDatagramBytes);
    int end = 0;
    PacketNumberSpace last = newestKeys();
    for (PacketNumberSpace space : connection.spaces()) {
      if (space.sealer == null || (space == last) != newest) {
        continue;
      }
      Draft draft = begin(space, end, bytes);
      if (draft == null) {
        continue;
      }
      boolean hide = reason.application() && space.space != PacketSpace.APPLICATION;
      boolean written =
          hide
              // RFC 9000 §10.2.3: an application's reason must not be sent before the handshake
              // ends.
              ? writer.connectionClose(false, TransportError.APPLICATION_ERROR, 0, "")
              : writer.connectionClose(
                  reason.application(), reason.code(), reason.frameType(), reason.reason());
      end = written ? end(draft, false) : end;
    }
    return finish(out, 0, end, bytes, nowNanos);
  }

  private @Nullable PacketNumberSpace newestKeys() {
    PacketNumberSpace last = null;
    for (PacketNumberSpace space : connection.spaces()) {
      if (space.sealer != null) {
        last = space;
      }
    }
    return last;
  }

  /** Drafts the packet of one space; returns where it ends, tag included. */
  private int draft(
      PacketNumberSpace space, int from, int bytes, boolean mayElicit, long nowNanos) {
    boolean probe = recovery.probesPending(space.space) > 0;
    // RFC 9002 §6.2.4: a probe takes handshake data of other spaces along. Without it a peer that
    // lacks
    // their keys acknowledges nothing, and the window stays closed.
    boolean mayFill = mayElicit || probe || (isProbing() && space.crypto.hasPending());
    boolean hasAck = space.received.ackDue(nowNanos);
    boolean hasData = mayFill && connection.outgoing().hasPending(space);
    boolean challenges = space.space == PacketSpace.APPLICATION && path.isChallengeDue(nowNanos);
    if (!hasAck && !probe && !hasData && !challenges) {
      return from;
    }
    Draft draft = begin(space, from, bytes);
    if (draft == null) {
      return from;
    }
    SentFrames frames = draft.frames;
    if (challenges) {
      // RFC 9000 §9.4: whatever the window says, as it was made for another path; and first, as
      // acknowledgements take all the room that there is.
      writeChallenge(frames, bytes, nowNanos);
    }
    boolean asked = writer.position() > draft.payloadFrom;
    // A probe repeats the last acknowledgement: had it arrived, the peer might not be silent.
    if (hasAck || probe || space.received.hasUnacknowledged()) {
      space.received.writeAck(writer, nowNanos, LocalParameters.ACK_DELAY_EXPONENT, frames);
    }
    int afterAck = writer.position();
    int waitingAnswers = path.responses().size();
    if (probe && mayAskForAck(space) && writer.immediateAck()) {
      // draft-ietf-quic-ack-frequency §5: the peer may otherwise wait for more packets, which we do
      // not send before it has acknowledged some. Its loss is nobody's business.
      frames.add(SentFrames.Kind.PING);
    }
    if (mayFill) {
      connection.outgoing().fill(space, writer, frames, nowNanos);
    }
    draft.provesPath = asked || path.responses().size() < waitingAnswers;
    if (!asked && writer.position() == afterAck && (probe || isPingDue(mayFill, space))) {
      writer.ping();
      frames.add(SentFrames.Kind.PING);
    }
    if (writer.position() == draft.payloadFrom) {
      return from;
    }
    boolean ackEliciting = asked || writer.position() > afterAck;
    ackOnlyPackets = ackEliciting ? 0 : ackOnlyPackets + 1;
    return end(draft, ackEliciting);
  }

  /** Whether the peer knows IMMEDIATE_ACK in such packets. */
  private boolean mayAskForAck(PacketNumberSpace space) {
    return space.space == PacketSpace.APPLICATION
        && !space.sealsEarly
        && connection.outgoing().ackFrequency().isTaken();
  }

  private boolean isProbing() {
    for (PacketNumberSpace space : connection.spaces()) {
      if (recovery.probesPending(space.space) > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * RFC 9000 §13.2.4: who only receives would never learn which of its acknowledgements arrived,
   * and would have to repeat them all.
   */
  private boolean isPingDue(boolean mayFill, PacketNumberSpace space) {
    return mayFill
        && space.space == PacketSpace.APPLICATION
        && ackOnlyPackets >= ACK_ONLY_PACKETS_PER_PING;
  }

  /** RFC 9000 §17.2.2: of Initial packets only. */
  private byte[] token(PacketNumberSpace space) {
    return space.space == PacketSpace.INITIAL ? connection.start().token() : NO_TOKEN;
  }

  private @Nullable Draft begin(PacketNumberSpace space, int from, int bytes) {
    Draft draft = drafts[draftCount];
    draft.space = space;
    draft.frames.clear();
    draft.provesPath = false;
    draft.padded = false;
    draft.from = from;
    draft.packetNumber = skipper.next(space, recovery);
    draft.packetNumberBytes =
        PacketNumbers.encodedBytes(draft.packetNumber, recovery.largestAcked(space.space));
    int headerBytes = headerBytes(space, path.peerId().id(), draft.packetNumberBytes);
    int room = bytes - from - headerBytes - PacketSealer.TAG_BYTES;
    if (room < PacketSealer.minPayloadBytes(1) + 32) {
      return null;
    }
    draft.payloadFrom =
        isShort(space)
            ? HeaderWriter.writeShort(
                scratch,
                from,
                path.peerId().id(),
                space.keyPhases.phase(),
                draft.packetNumber,
                draft.packetNumberBytes)
            : HeaderWriter.writeLong(
                scratch,
                from,
                space.sentType(),
                connection.version().of(space.sentType()),
                path.peerId().id(),
                connection.localIds().first(),
                token(space),
                draft.packetNumber,
                draft.packetNumberBytes);
    if (connection.fixedBit().isNextClear()) {
      HeaderWriter.clearFixedBit(scratch, from);
    }
    int payloadTo = bytes - PacketSealer.TAG_BYTES;
    if (!isShort(space)) {
      int longest = HeaderWriter.maxPayloadBytes(draft.packetNumberBytes);
      payloadTo = Math.min(payloadTo, draft.payloadFrom + longest);
    }
    writer.reset(scratch, draft.payloadFrom, payloadTo);
    return draft;
  }

  /** What the frames of one packet to {@code id} with application data can have at least. */
  int frameRoomBytes(ConnectionId id, int bytes) {
    PacketNumberSpace space = connection.spaces()[PacketSpace.APPLICATION.ordinal()];
    return bytes - headerBytes(space, id, PacketNumbers.MAX_BYTES) - PacketSealer.TAG_BYTES;
  }

  private int headerBytes(PacketNumberSpace space, ConnectionId id, int packetNumberBytes) {
    int dcid = id.length();
    if (isShort(space)) {
      return 1 + dcid + packetNumberBytes;
    }
    int tokenBytes = token(space).length;
    int token = space.space == PacketSpace.INITIAL ? VarInt.size(tokenBytes) + tokenBytes : 0;
    return 1
        + 4
        + 1
        + dcid
        + 1
        + connection.localIds().first().length()
        + token
        + 2
        + packetNumberBytes;
  }

  private static boolean isShort(PacketNumberSpace space) {
    return space.sentType() == PacketType.ONE_RTT;
  }

  private int end(Draft draft, boolean ackEliciting) {
    writer.padTo(draft.payloadFrom + PacketSealer.minPayloadBytes(draft.packetNumberBytes));
    if (ackEliciting) {
      // RFC 9000 §10.3: long enough for the answer to look like any packet, should it be a
      // stateless reset. Others stay as they are: padding would put them in flight.
      int inconspicuous = connection.localIds().first().length() + MIN_BYTES_BEYOND_ID;
      writer.padTo(draft.from + inconspicuous - PacketSealer.TAG_BYTES);
    }
    draft.ackEliciting = ackEliciting;
    draft.payloadEnd = writer.position();
    draftCount++;
    return draft.payloadEnd + PacketSealer.TAG_BYTES;
  }

  /** Pads, seals and accounts for what was drafted. */
  private int finish(byte[] out, int outFrom, int end, int bytes, long nowNanos) {
    if (draftCount == 0) {
      return 0;
    }
    // RFC 9000 §8.2.1: not beyond what may be sent to an address that is not validated.
    boolean mayPad = bytes >= QuicConfig.MIN_DATAGRAM_BYTES;
    if (end < QuicConfig.MIN_DATAGRAM_BYTES && mayPad && mustPad()) {
      Draft last = drafts[draftCount - 1];
      int paddedEnd = QuicConfig.MIN_DATAGRAM_BYTES - PacketSealer.TAG_BYTES;
      // Not by the writer: it may have moved on to a packet that was then given up.
      Arrays.fill(scratch, last.payloadEnd, paddedEnd, (byte) 0);
      last.payloadEnd = paddedEnd;
      last.padded = true;
    }
    int at = outFrom;
    for (int i = 0; i < draftCount; i++) {
      at += seal(drafts[i], out, at, nowNanos);
    }
    return at - outFrom;
  }

  /**
   * RFC 9000 §14.1: a client's datagrams with an Initial packet, and a server's with one that asks
   * for an acknowledgement, have full size, to show that the path takes it. So have path challenges
   * (§8.2.1) and the answers to them (§8.2.2).
   */
  private boolean mustPad() {
    PacketNumberSpace first = drafts[0].space;
    boolean isFlight =
        first != null
            && first.space == PacketSpace.INITIAL
            && (!connection.isServer() || drafts[0].ackEliciting);
    return isFlight || drafts[draftCount - 1].provesPath;
  }

  private int seal(Draft draft, byte[] out, int at, long nowNanos) {
    PacketNumberSpace space = draft.space;
    if (space == null || space.sealer == null) {
      throw new IllegalStateException("draft without keys");
    }
    int payloadBytes = draft.payloadEnd - draft.payloadFrom;
    if (!isShort(space)) {
      HeaderWriter.patchLength(scratch, draft.payloadFrom, draft.packetNumberBytes, payloadBytes);
    }
    int length =
        space.sealer.seal(
            scratch,
            draft.from,
            draft.payloadFrom - draft.from,
            draft.packetNumberBytes,
            payloadBytes,
            draft.packetNumber,
            out,
            at);
    space.nextPacketNumber = draft.packetNumber + 1;
    boolean inFlight = draft.ackEliciting || draft.padded;
    transmitter.onPacketSent(
        space, draft.packetNumber, length, draft.ackEliciting, inFlight, draft.frames, nowNanos);
    path.onPacketSent();
    return length;
  }
}
