package dev.memux.engine.quic;

import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import java.util.random.RandomGenerator;

/**
 * Leaves out a 1-RTT packet number now and then. RFC 9000 §21.4: a peer that acknowledges what it
 * never received, to be sent more than its path takes, cannot know which numbers do not exist.
 */
final class PacketNumberSkipper {
  private static final int FIRST_SKIP_WITHIN = 64;
  private static final int MAX_SKIP_WITHIN = 1 << 14;

  private final RandomGenerator random;
  private int within = FIRST_SKIP_WITHIN;
  private long skip;

  PacketNumberSkipper(RandomGenerator random) {
    this.random = random;
    this.skip = 1 + random.nextLong(within);
  }

  /** The number of the next packet of a space. */
  long next(PacketNumberSpace space, Recovery recovery) {
    if (space.space == PacketSpace.APPLICATION && space.nextPacketNumber == skip) {
      recovery.onPacketNumberSkipped(space.space, skip);
      space.nextPacketNumber++;
      within = Math.min(within * 2, MAX_SKIP_WITHIN);
      skip = space.nextPacketNumber + 1 + random.nextLong(within);
    }
    return space.nextPacketNumber;
  }
}
