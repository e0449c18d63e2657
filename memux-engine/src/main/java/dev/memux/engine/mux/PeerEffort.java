package dev.memux.engine.mux;

import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * Keeps a peer from making us work for nothing (RFC 9000 §21.9). Each frame that brings nothing is
 * allowed, and has its good reasons; so many of them that handling them is all that we do are not.
 *
 * <p>Two things are counted. <i>Idle frames</i>: STREAM frames that are empty or tiny beside others
 * of their stream in the same packet, datagrams that are tiny beside others there, credit that does
 * not rise, reports of being blocked, resets repeated. <i>Resets</i>: streams of the peer's that
 * end before their time, whoever ends them; it takes a request to provoke one, so that many are
 * refused when the next stream is opened.
 */
final class PeerEffort {
  /** Idle frames allowed at once: what reports of 10,000 blocked streams need. */
  static final long IDLE_FRAMES = 16_384;

  /** Idle frames allowed a second: they cost about a thousandth of a core. */
  static final long IDLE_FRAMES_PER_SECOND = 4096;

  /** So many bytes of data excuse an idle frame. */
  static final long BYTES_PER_IDLE_FRAME = 64;

  /** A second frame for a stream in a packet that is smaller could have been part of the first. */
  static final int TINY_BYTES = 16;

  /** A limit that rises by less was not worth a frame. */
  static final long TINY_CREDIT_BYTES = 64;

  /** Resets allowed at once, at least; more where more streams may be open. */
  static final long RESETS = 1000;

  /** Resets allowed a second. Each stream that ends as it should allows one more. */
  static final long RESETS_PER_SECOND = 100;

  /** STOP_SENDING, RESET_STREAM and an update of its limit or priority. */
  static final int LATE_FRAMES_PER_STREAM = 3;

  /** Of streams that are over already, so that a peer has paid for each by a stream. */
  private long lateFrames;

  private final Allowance idleFrames = new Allowance(IDLE_FRAMES, IDLE_FRAMES_PER_SECOND);
  private final Allowance resets;
  private long packet;

  /** The last packet with a small DATAGRAM frame. */
  private long tinyDatagramInPacket;

  private long nowNanos;
  private long bytes;

  PeerEffort(MuxConfig config) {
    long open = config.maxBidiStreams() + config.maxUniStreams();
    resets = new Allowance(Math.max(RESETS, 4 * open), RESETS_PER_SECOND);
  }

  /** The frames that follow come from a packet of their own. */
  void beginPacket(long timeNanos) {
    packet++;
    nowNanos = timeNanos;
  }

  /** A STREAM frame for a stream that is open. */
  void onStreamFrame(MuxStream stream, int length, boolean isNew, boolean fin)
      throws ProtocolException {
    bytes += length;
    if (length >= TINY_BYTES) {
      return;
    }
    boolean isEmpty = length == 0 && !fin && !isNew;
    boolean isSecond = stream.tinyFrameInPacket == packet;
    stream.tinyFrameInPacket = packet;
    if (isEmpty || isSecond) {
      onIdleFrame(FrameType.STREAM);
    }
  }

  /** A DATAGRAM frame; it is taken or dropped at the same cost, however small it is. */
  void onDatagramFrame(int length) throws ProtocolException {
    bytes += length;
    if (length >= TINY_BYTES) {
      return;
    }
    boolean isSecond = tinyDatagramInPacket == packet;
    tinyDatagramInPacket = packet;
    if (isSecond) {
      onIdleFrame(FrameType.DATAGRAM);
    }
  }

  /** A STREAM frame for a stream that is over: a full packet is no bargain. */
  void onForgottenStream(int length) throws ProtocolException {
    if (length < TINY_BYTES) {
      onLateFrame(FrameType.STREAM);
    }
  }

  /**
   * A frame for a stream, or a direction of one, that is over. The peer need not have known that:
   * where both ends close thousands of streams at once, as many frames cross.
   */
  void onLateFrame(FrameType frame) throws ProtocolException {
    if (lateFrames > 0) {
      lateFrames--;
    } else {
      onIdleFrame(frame);
    }
  }

  /** A limit was told. */
  void onLimit(long rise, FrameType frame) throws ProtocolException {
    if (rise < TINY_CREDIT_BYTES) {
      onIdleFrame(frame);
    }
  }

  /** A frame has brought nothing. */
  void onIdleFrame(FrameType frame) throws ProtocolException {
    idleFrames.earn(bytes / BYTES_PER_IDLE_FRAME);
    bytes %= BYTES_PER_IDLE_FRAME;
    idleFrames.spend(1, nowNanos);
    if (idleFrames.isOverdrawn()) {
      // RFC 9000 §21.9: nothing else limits how much work a byte of the peer's can make.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, frame.code(), "too many frames that bring nothing");
    }
  }

  /** A stream of either end is over. */
  void onStreamGone() {
    lateFrames += LATE_FRAMES_PER_STREAM;
  }

  /** A stream that the peer opened is over. */
  void onStreamOver(boolean reset) {
    if (reset) {
      resets.spend(1, nowNanos);
    } else {
      resets.earn(1);
    }
  }

  /** The peer opens a stream. */
  void onStreamOpened(FrameType frame) throws ProtocolException {
    if (resets.isOverdrawn()) {
      // RFC 9000 §21.9: a stream that is reset frees its place under the limit of streams at once,
      // while the work that it has caused goes on (CVE-2023-44487).
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, frame.code(), "too many streams reset");
    }
  }
}
