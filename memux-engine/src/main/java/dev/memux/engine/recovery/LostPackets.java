package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.SentFrames;

/**
 * Packets of one space that were declared lost a short while ago. If an acknowledgement comes late
 * after all, what they carried need not be sent again (RFC 9000 §13.3).
 */
final class LostPackets {
  private final PacketSpace space;
  private final RecoveryListener listener;
  private final SpuriousCongestion spuriousCongestion;

  /** The time of a record is when it was declared lost. */
  private final SentPackets records = new SentPackets();

  /** What a packet carried of which the listener is told. */
  private final SentFrames frames;

  LostPackets(
      PacketSpace space,
      RecoveryListener listener,
      SpuriousCongestion spuriousCongestion,
      SentFrames frames) {
    this.space = space;
    this.listener = listener;
    this.spuriousCongestion = spuriousCongestion;
    this.frames = frames;
  }

  /** Numbers are added in growing order: an older packet is never lost later. */
  void add(long number, SentFrames content, long nowNanos) {
    if (records.size() == MAX_REMEMBERED) {
      dropOldest();
    }
    records.add(number, nowNanos, 0, false, false, content);
  }

  /** Reports the packets that {@code ack} acknowledges and returns how many there were. */
  int onAckReceived(AckFrame ack) {
    if (records.isEmpty() || !records.markAcked(ack)) {
      return 0;
    }
    int late = 0;
    for (long p = records.lowestMarked(); p <= records.highestMarked(); p++) {
      if (records.isAcked(p)) {
        spuriousCongestion.onLate(records.nanos(p));
        records.readFrames(p, frames);
        records.remove(p);
        listener.onFramesAcked(space, frames);
        late++;
      }
    }
    records.trim();
    return late;
  }

  /** Forgets those declared lost at that time or before. */
  void expire(long untilNanos) {
    while (!records.isEmpty() && records.nanos(records.first()) <= untilNanos) {
      dropOldest();
    }
  }

  void clear() {
    expire(SentSpace.NEVER);
    records.clear();
  }

  int size() {
    return records.size();
  }

  private void dropOldest() {
    records.remove(records.first());
    records.trim();
  }

  /** Losses are not bounded by the congestion window, as they free it. */
  static final int MAX_REMEMBERED = 1024;
}
