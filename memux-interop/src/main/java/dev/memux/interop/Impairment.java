package dev.memux.interop;

import dev.memux.sim.Randomness;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What happens to the datagrams of one direction when they leave the link. */
final class Impairment {
  private static final int HUNDRED = 100;

  /** Bytes at the beginning that may be changed, so that headers are hit often. */
  private static final int EXPOSED_BYTES = 50;

  private static final int BYTE_VALUES = 256;
  private static final byte LONG_HEADER = (byte) 0x80;
  private static final int VERSION_FROM = 1;
  private static final int VERSION_END = 5;

  private final Scenario scenario;
  private final Randomness random;
  private final Set<Integer> dropped;
  private int count;
  private int droppedInARow;
  private int corruptedInARow;

  /**
   * @param dropped the numbers of datagrams that are dropped, from 1
   */
  Impairment(Scenario scenario, Randomness random, Set<Integer> dropped) {
    this.scenario = scenario;
    this.random = random;
    this.dropped = dropped;
  }

  /** What goes on; null: it is dropped. */
  byte @Nullable [] apply(byte[] datagram) {
    count++;
    droppedInARow = hits(droppedInARow, scenario.drops()) ? droppedInARow + 1 : 0;
    boolean corrupts =
        !isVersionNegotiation(datagram) && hits(corruptedInARow, scenario.corruptions());
    corruptedInARow = corrupts ? corruptedInARow + 1 : 0;
    if (droppedInARow > 0 || dropped.contains(count)) {
      return null;
    }
    return corrupts ? corrupt(datagram) : datagram;
  }

  private boolean hits(int inARow, int percent) {
    return inARow < scenario.burst() && random.chance((double) percent / HUNDRED);
  }

  /** Corrupting a version may bring one about, which clients have to ignore. */
  private static boolean isVersionNegotiation(byte[] datagram) {
    if (datagram.length < VERSION_END || (datagram[0] & LONG_HEADER) == 0) {
      return false;
    }
    for (int i = VERSION_FROM; i < VERSION_END; i++) {
      if (datagram[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private byte[] corrupt(byte[] datagram) {
    byte[] damaged = datagram.clone();
    if (damaged.length > 0) {
      int at = random.between(0, Math.min(EXPOSED_BYTES, damaged.length - 1));
      damaged[at] ^= (byte) random.between(1, BYTE_VALUES - 1);
    }
    return damaged;
  }
}
