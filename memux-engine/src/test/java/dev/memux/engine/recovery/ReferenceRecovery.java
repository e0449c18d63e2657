package dev.memux.engine.recovery;

import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.AckFrame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * RFC 9002 for one Application Data space, as slow and plain as its text: the pseudocode of
 * Appendix A over a map, and persistent congestion by comparing every pair of lost packets. RTT and
 * window arithmetic are the real ones, tested on their own.
 */
final class ReferenceRecovery {
  private record Packet(long number, long nanos, int bytes, boolean ackEliciting) {}

  final List<Long> acked = new ArrayList<>();
  final List<Long> lost = new ArrayList<>();
  final RttEstimator rtt = new RttEstimator();
  long bytesInFlight;
  int ptoCount;
  int persistentCongestions;
  int spuriousLosses;
  private final NewReno congestion;
  private final int maxDatagramBytes;
  private final TreeMap<Long, Packet> sent = new TreeMap<>();
  private final TreeMap<Long, Long> forgettable = new TreeMap<>();
  private final List<Packet> lostRun = new ArrayList<>();
  private final Set<Long> skipped = new HashSet<>();
  private final TreeMap<Long, Packet> ackedByTime = new TreeMap<>();
  private long largestAcked = -1;
  private long lastAckElicitingNanos;
  private long lossNanos = Long.MAX_VALUE;
  private boolean applicationLimited;
  private boolean underutilized;
  private long roundStart = Long.MIN_VALUE;
  private long peak;
  private long lastPeak;

  ReferenceRecovery(int maxDatagramBytes) {
    this.maxDatagramBytes = maxDatagramBytes;
    congestion = new NewReno(maxDatagramBytes);
    rtt.onHandshakeConfirmed();
  }

  void skip(long number) {
    skipped.add(number);
  }

  void onPacketSent(long number, int bytes, boolean ackEliciting, long now) {
    sent.put(number, new Packet(number, now, bytes, ackEliciting));
    bytesInFlight += bytes;
    peak = Math.max(peak, bytesInFlight);
    if (ackEliciting) {
      lastAckElicitingNanos = now;
    }
  }

  void onApplicationLimited(boolean limited) {
    applicationLimited = limited && congestion.windowBytes() - bytesInFlight >= maxDatagramBytes;
  }

  void onAckReceived(AckFrame ack, long ackDelay, long now) {
    boolean late = false;
    for (Long number : new ArrayList<>(forgettable.keySet())) {
      if (contains(ack, number)) {
        forgettable.remove(number);
        acked.add(number);
        spuriousLosses++;
        late = true;
      }
    }
    if (late) {
      lostRun.clear();
    }
    boolean advanced = ack.largest() > largestAcked;
    largestAcked = Math.max(largestAcked, ack.largest());
    List<Packet> newlyAcked = new ArrayList<>();
    for (Packet packet : new ArrayList<>(sent.values())) {
      if (contains(ack, packet.number)) {
        newlyAcked.add(packet);
        sent.remove(packet.number);
        ackedByTime.put(packet.nanos, packet);
      }
    }
    if (newlyAcked.isEmpty() && !advanced) {
      return;
    }
    if (!newlyAcked.isEmpty()
        && newlyAcked.getLast().number == ack.largest()
        && newlyAcked.stream().anyMatch(Packet::ackEliciting)) {
      rtt.onSample(now - newlyAcked.getLast().nanos, ackDelay, now);
      if (newlyAcked.getLast().nanos >= roundStart) {
        roundStart = now;
        lastPeak = peak;
        peak = bytesInFlight;
      }
      judgeUse();
      congestion.onRttSample(
          newlyAcked.getLast().nanos,
          now,
          rtt.smoothedNanos(),
          applicationLimited || underutilized);
    }
    detectLosses(now);
    for (Packet packet : newlyAcked) {
      bytesInFlight -= packet.bytes;
      congestion.onPacketAcked(
          packet.bytes, packet.nanos, now, applicationLimited || underutilized);
      acked.add(packet.number);
    }
    ptoCount = 0;
  }

  /** True: it was a probe timeout. */
  boolean onTimeout(long now) {
    if (lossNanos != Long.MAX_VALUE) {
      detectLosses(now);
      return false;
    }
    ptoCount++;
    return true;
  }

  long deadlineNanos() {
    if (lossNanos != Long.MAX_VALUE) {
      return lossNanos;
    }
    if (sent.values().stream().noneMatch(Packet::ackEliciting)) {
      return Long.MAX_VALUE;
    }
    return lastAckElicitingNanos
        + ((rtt.probeTimeoutNanos() + rtt.maxAckDelayNanos()) << Math.min(ptoCount, 16));
  }

  long windowBytes() {
    return congestion.windowBytes();
  }

  private void detectLosses(long now) {
    lossNanos = Long.MAX_VALUE;
    List<Packet> newlyLost = new ArrayList<>();
    for (Packet packet : sent.headMap(largestAcked, true).values()) {
      if (packet.nanos <= now - rtt.lossDelayNanos() || sentAfter(packet.number) >= 3) {
        newlyLost.add(packet);
      } else {
        lossNanos = Math.min(lossNanos, packet.nanos + rtt.lossDelayNanos());
      }
    }
    forgettable.values().removeIf(lostNanos -> lostNanos <= now - pto());
    boolean persistent = false;
    for (Packet packet : newlyLost) {
      sent.remove(packet.number);
      bytesInFlight -= packet.bytes;
      lost.add(packet.number);
      forgettable.put(packet.number, now);
      if (packet.ackEliciting && packet.nanos > rtt.firstSampleNanos()) {
        lostRun.add(packet);
        if (isPersistent()) {
          persistent = true;
          lostRun.clear();
        }
      }
    }
    if (!newlyLost.isEmpty()) {
      congestion.onPacketsLost(newlyLost.getLast().nanos, now);
    }
    if (persistent) {
      persistentCongestions++;
      congestion.onPersistentCongestion();
      rtt.onPersistentCongestion();
    }
    if (!newlyLost.isEmpty()) {
      judgeUse();
    }
  }

  /** RFC 9002 §7.8: most of the window was not used in the last round trip. */
  private void judgeUse() {
    underutilized = congestion.windowBytes() > 2 * Math.max(peak, lastPeak);
  }

  /** RFC 9002 §7.6.2, pair by pair. */
  private boolean isPersistent() {
    Packet newest = lostRun.getLast();
    for (Packet oldest : lostRun) {
      boolean ackedBetween =
          !ackedByTime.subMap(oldest.nanos, false, newest.nanos, false).isEmpty();
      if (!ackedBetween && newest.nanos - oldest.nanos > 3 * pto()) {
        return true;
      }
    }
    return false;
  }

  private long pto() {
    return rtt.probeTimeoutNanos() + rtt.maxAckDelayNanos();
  }

  /** Packets sent after this one, up to the largest acknowledged. */
  private int sentAfter(long number) {
    int count = 0;
    for (long n = number + 1; n <= largestAcked && count < 3; n++) {
      count += skipped.contains(n) ? 0 : 1;
    }
    return count;
  }

  private static boolean contains(AckFrame ack, long number) {
    for (int i = 0; i < ack.rangeCount(); i++) {
      if (ack.smallest(i) <= number && number <= ack.largest(i)) {
        return true;
      }
    }
    return false;
  }
}
