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

  /** From a change of priority to the first packet that it has put first. */
  static final class Change {
    final long streamId;
    final long atNanos;

    /** What stood in the queue of the link when the priority changed. */
    final long backlogBytes;

    private long firstPacket = -1;
    private long deliveredNanos = -1;

    private Change(long streamId, long atNanos, long backlogBytes) {
      this.streamId = streamId;
      this.atNanos = atNanos;
      this.backlogBytes = backlogBytes;
    }

    /** How long it took until the peer had bytes of the stream that were sent afterwards. */
    long tookNanos() {
      if (deliveredNanos < 0) {
        throw new AssertionError("nothing of stream " + streamId + " came");
      }
      return deliveredNanos - atNanos;
    }
  }

  private final List<Change> changes = new ArrayList<>();
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

  void onReprioritised(long streamId, long backlogBytes, long nowNanos) {
    changes.add(new Change(streamId, nowNanos, backlogBytes));
  }

  void onSent(long streamId, long packet) {
    for (Change change : changes) {
      if (change.streamId == streamId && change.firstPacket < 0) {
        change.firstPacket = packet;
      }
    }
  }

  void onDelivered(long streamId, long packet, long nowNanos) {
    for (Change change : changes) {
      if (change.streamId == streamId
          && change.deliveredNanos < 0
          && change.firstPacket >= 0
          && packet >= change.firstPacket) {
        change.deliveredNanos = nowNanos;
      }
    }
  }

  /** The changes of streams' priorities by those who send, in order. */
  List<Change> changes() {
    return changes;
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
