package dev.memux.engine.recovery;

import dev.memux.engine.wire.SentFrames;

/**
 * Learns what became of the frames in sent packets. The frames are valid only during the call, and
 * the call must not send packets or call {@link Recovery}.
 *
 * <p>The same information may be acknowledged, lost and acknowledged again: a packet declared lost
 * may arrive late, and a probe repeats what is still in flight.
 */
public interface RecoveryListener {
  /** They arrived. */
  void onFramesAcked(PacketSpace space, SentFrames frames);

  /** An ACK frame has been read to its end: {@link #onFramesAcked} has told of all in it. */
  void onAckRead();

  /** They did not arrive: what of them is still current goes out again (RFC 9000 §13.3). */
  void onFramesLost(PacketSpace space, SentFrames frames);

  /**
   * They are unacknowledged for long, still in flight, and worth repeating in a probe (RFC 9002
   * §6.2.4).
   */
  void onFramesProbed(PacketSpace space, SentFrames frames);
}
