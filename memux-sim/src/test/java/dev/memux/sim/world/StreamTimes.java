package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** When what was read, for tests about speed and order. */
final class StreamTimes {
  /**
   * A read.
   *
   * @param total bytes of this stream read so far
   */
  record Read(Side sender, long streamId, long total, long atNanos) {}

  private final List<Read> reads = new ArrayList<>();
  private final TreeMap<Long, Long> openedNanos = new TreeMap<>();

  void onOpened(long streamId, long nowNanos) {
    openedNanos.put(streamId, nowNanos);
  }

  void onRead(Side sender, long streamId, long total, long nowNanos) {
    reads.add(new Read(sender, streamId, total, nowNanos));
  }

  long openedNanos(long streamId) {
    Long opened = openedNanos.get(streamId);
    if (opened == null) {
      throw new AssertionError("stream " + streamId + " was not opened");
    }
    return opened;
  }

  /** When so many bytes of a stream had been read. */
  long reachedNanos(Side sender, long streamId, long bytes) {
    return reads.stream()
        .filter(r -> r.sender == sender && r.streamId == streamId && r.total >= bytes)
        .mapToLong(Read::atNanos)
        .findFirst()
        .orElseThrow(() -> new AssertionError("stream " + streamId + " never got " + bytes));
  }

  /** How many bytes of a stream had been read by then. */
  long readBy(Side sender, long streamId, long atNanos) {
    return reads.stream()
        .filter(r -> r.sender == sender && r.streamId == streamId && r.atNanos <= atNanos)
        .mapToLong(Read::total)
        .max()
        .orElse(0);
  }

  /** The longest time without a byte of a stream being read, up to its last one. */
  long longestStallNanos(Side sender, long streamId) {
    long longest = 0;
    long lastNanos = openedNanos(streamId);
    for (Read read : reads) {
      if (read.sender == sender && read.streamId == streamId) {
        longest = Math.max(longest, read.atNanos - lastNanos);
        lastNanos = read.atNanos;
      }
    }
    return longest;
  }

  int streams() {
    return openedNanos.size();
  }
}
