package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random links between a sender and an honest receiver: {@link Recovery} does what Appendix A of
 * RFC 9002 does.
 */
class RecoveryAgainstReferenceTest implements RecoveryListener {
  private static final int DATAGRAM = 1200;
  private static final long MS = 1_000_000;

  private final NewReno congestion = new NewReno(DATAGRAM);
  private final Recovery recovery =
      new Recovery(true, congestion, new DatagramSizeSearch(DATAGRAM, DATAGRAM), this);
  private final ReferenceRecovery reference = new ReferenceRecovery(DATAGRAM);
  private final List<Long> acked = new ArrayList<>();
  private final List<Long> lost = new ArrayList<>();

  /** What arrived and when its acknowledgement gets back; the receiver repeats what it has seen. */
  private final TreeSet<Long> arrived = new TreeSet<>();

  private final List<long[]> underWay = new ArrayList<>();
  private int latePercent;
  private long next;
  private long now = MS;

  private static long spuriousLosses;
  private static long persistentCongestions;
  private static long largestWindow;

  /** The seeds together reach what they are meant to compare. */
  @AfterAll
  static void sawEverything() {
    assertTrue(spuriousLosses > 100, () -> spuriousLosses + " spurious losses");
    assertTrue(persistentCongestions > 10, () -> persistentCongestions + " persistent congestions");
    assertTrue(largestWindow > 30_000, () -> "windows up to " + largestWindow);
  }

  static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= 40; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void agreesOnEveryStep(long seed) throws ProtocolException {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    recovery.onHandshakeConfirmed();
    int lossPercent = random.nextBoolean() ? random.nextInt(2) : random.nextInt(40);
    latePercent = random.nextBoolean() ? 0 : 10;
    int stepsBetweenOutages = 50 + random.nextInt(500);
    long outageUntil = 0;
    for (int step = 0; step < 1500; step++) {
      if (random.nextInt(stepsBetweenOutages) == 0) {
        outageUntil = now + random.nextInt(3000) * MS;
      }
      sendSome(random, now < outageUntil ? 100 : lossPercent);
      compare(seed, step);
      now += 1 + random.nextInt(30) * MS;
      acknowledge(random);
      compare(seed, step);
      if (recovery.deadlineNanos() <= now) {
        recovery.onTimeout(now);
        if (reference.onTimeout(now)) {
          assertEquals(2, recovery.probesPending(PacketSpace.APPLICATION));
          send(random, lossPercent, true);
          send(random, lossPercent, true);
        }
        compare(seed, step);
      }
    }
    spuriousLosses += recovery.spuriousLosses();
    persistentCongestions += recovery.persistentCongestions();
  }

  private void sendSome(Random random, int lossPercent) {
    int packets = random.nextInt(40);
    boolean ranOut = true;
    while (packets-- > 0) {
      if (recovery.sendAllowanceBytes() < DATAGRAM) {
        ranOut = false;
        break;
      }
      if (random.nextInt(20) == 0) {
        reference.skip(next);
        recovery.onPacketNumberSkipped(PacketSpace.APPLICATION, next++);
      }
      send(random, lossPercent, random.nextInt(10) > 0);
    }
    recovery.onApplicationLimited(ranOut);
    reference.onApplicationLimited(ranOut);
  }

  private void send(Random random, int lossPercent, boolean ackEliciting) {
    now += 1000;
    long number = next++;
    int bytes = 100 + random.nextInt(DATAGRAM - 99);
    SentFrames frames = new SentFrames();
    frames.add(SentFrames.Kind.PING, number);
    recovery.onPacketSent(PacketSpace.APPLICATION, number, bytes, ackEliciting, true, frames, now);
    reference.onPacketSent(number, bytes, ackEliciting, now);
    if (random.nextInt(100) >= lossPercent) {
      long delay =
          (40 + (random.nextInt(100) < latePercent ? random.nextInt(150) : random.nextInt(3))) * MS;
      underWay.add(new long[] {now + delay, number});
    }
  }

  private void acknowledge(Random random) throws ProtocolException {
    boolean news = underWay.removeIf(p -> p[0] <= now && arrived.add(p[1]));
    if (!news || random.nextInt(10) == 0) {
      return;
    }
    AckFrame ack = new AckFrame();
    ack.reset(0);
    Long high = arrived.last();
    int ranges = 1 + random.nextInt(30);
    while (high != null && ranges-- > 0) {
      long low = high;
      while (arrived.contains(low - 1)) {
        low--;
      }
      ack.addRange(low, high);
      high = arrived.lower(low);
    }
    long ackDelay = random.nextInt(30) * MS;
    recovery.onAckReceived(PacketSpace.APPLICATION, ack, ackDelay, now);
    reference.onAckReceived(ack, ackDelay, now);
  }

  private void compare(long seed, int step) {
    largestWindow = Math.max(largestWindow, recovery.windowBytes());
    String where = "seed " + seed + ", step " + step;
    Collections.sort(acked);
    Collections.sort(reference.acked);
    assertEquals(reference.lost, lost, where);
    assertEquals(reference.acked, acked, where);
    assertEquals(reference.bytesInFlight, recovery.bytesInFlight(), where);
    assertEquals(reference.windowBytes(), recovery.windowBytes(), where);
    assertEquals(reference.rtt.smoothedNanos(), recovery.rtt().smoothedNanos(), where);
    assertEquals(reference.rtt.minNanos(), recovery.rtt().minNanos(), where);
    assertEquals(reference.ptoCount, recovery.ptoCount(), where);
    assertEquals(reference.spuriousLosses, recovery.spuriousLosses(), where);
    assertEquals(reference.persistentCongestions, recovery.persistentCongestions(), where);
    assertEquals(reference.deadlineNanos(), recovery.deadlineNanos(), where);
    acked.clear();
    lost.clear();
    reference.acked.clear();
    reference.lost.clear();
  }

  @Override
  public void onFramesAcked(PacketSpace space, SentFrames frames) {
    acked.add(frames.a(0));
  }

  @Override
  public void onAckRead() {}

  @Override
  public void onFramesLost(PacketSpace space, SentFrames frames) {
    lost.add(frames.a(0));
  }

  @Override
  public void onFramesProbed(PacketSpace space, SentFrames frames) {}
}
