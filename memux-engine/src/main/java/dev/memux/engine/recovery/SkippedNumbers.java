package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;

/**
 * The packet numbers left out on purpose. A peer that acknowledges one claims packets it has not
 * seen, to be sent faster than the path allows (RFC 9000 §21.4). Only the latest are remembered:
 * older ones have been passed by honest acknowledgements.
 */
final class SkippedNumbers {
  private static final long[] NONE = {};

  private long[] numbers = NONE; // two of a connection's three spaces hardly ever skip any

  /** How many were ever added; the newest is at {@code (count - 1) % MAX_REMEMBERED}. */
  private int count;

  /** Numbers are added in growing order. */
  void add(long number) {
    if (numbers.length == 0) {
      numbers = new long[MAX_REMEMBERED];
    }
    // The counter stays small, so that it cannot overflow in a long life.
    count = count == 2 * MAX_REMEMBERED ? MAX_REMEMBERED : count;
    numbers[count++ % MAX_REMEMBERED] = number;
  }

  /** A skipped number that {@code ack} acknowledges, or -1. */
  long acknowledgedBy(AckFrame ack) {
    int range = 0;
    for (int i = 0; i < remembered(); i++) {
      long number = newest(i);
      while (range < ack.rangeCount() && ack.smallest(range) > number) {
        range++;
      }
      if (range == ack.rangeCount()) {
        return -1;
      }
      if (number <= ack.largest(range)) {
        return number;
      }
    }
    return -1;
  }

  /**
   * The highest number that has at least {@code count} numbers that were sent after it, up to
   * {@code largest}.
   */
  long below(long largest, int packets) {
    long result = largest - packets;
    for (int i = 0; i < remembered(); i++) {
      long number = newest(i);
      if (number <= result) {
        break;
      }
      if (number <= largest) {
        result--;
      }
    }
    return result;
  }

  private int remembered() {
    return Math.min(count, MAX_REMEMBERED);
  }

  /** The newest for 0, the one before for 1. */
  private long newest(int i) {
    return numbers[(count - 1 - i) % MAX_REMEMBERED];
  }

  static final int MAX_REMEMBERED = 16;
}
