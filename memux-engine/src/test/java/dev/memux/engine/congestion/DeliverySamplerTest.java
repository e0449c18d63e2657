package dev.memux.engine.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** draft-ietf-ccwg-bbr, "Delivery Rate Samples". */
class DeliverySamplerTest {
  private static final int BYTES = 1000;
  private static final long MS = 1_000_000;

  private final DeliverySampler sampler = new DeliverySampler();
  private long inFlight;
  private long now = 1000 * MS;

  private long send() {
    inFlight += BYTES;
    sampler.onPacketSent(BYTES, inFlight, now);
    return now;
  }

  /** An acknowledgement of packets that left at these times. */
  private void ack(long... sentNanos) {
    sampler.beginNext();
    for (long sent : sentNanos) {
      inFlight -= BYTES;
      sampler.onPacketAcked(BYTES, sent, now);
    }
    sampler.complete();
  }

  /** Bytes a millisecond. */
  private double rate() {
    return sampler.bytesPerNano() * MS;
  }

  /** A packet each millisecond, and the acknowledgement of the one of ten milliseconds ago. */
  private void flow(int packets) {
    ArrayDeque<Long> sent = new ArrayDeque<>();
    for (int i = 0; i < packets; i++) {
      sent.add(send());
      if (i >= 10) {
        ack(sent.remove());
      }
      now += MS;
    }
    while (!sent.isEmpty()) {
      ack(sent.remove());
      now += MS;
    }
  }

  @Test
  void aSteadyFlowHasItsRate() {
    flow(100);
    assertEquals(BYTES, rate(), 1e-6);
    assertFalse(sampler.isSampleApplicationLimited());
  }

  @Test
  void noAcknowledgementIsNoSample() {
    send();
    sampler.beginNext();
    sampler.complete();
    assertFalse(sampler.hasSample());
    assertEquals(0, sampler.bytesPerNano());
  }

  /** "Send Rate": what comes at once was not delivered at once. */
  @Test
  void acknowledgementsInABurstAreNoHigherRate() {
    long[] sent = new long[50];
    for (int i = 0; i < 50; i++) {
      sent[i] = send();
      now += MS;
    }
    for (long one : sent) {
      ack(one);
      assertTrue(rate() <= 1.05 * BYTES, rate() + " bytes a millisecond");
    }
  }

  /** "ACK Rate": what was sent at once is delivered as fast as the path can. */
  @Test
  void packetsInABurstAreNoHigherRate() {
    long sent = send();
    for (int i = 1; i < 50; i++) {
      assertEquals(sent, send());
    }
    now += 10 * MS;
    for (int i = 0; i < 50; i++) {
      ack(sent);
      now += MS;
    }
    assertEquals(50 * BYTES / 59.0, rate(), 1e-6);
  }

  /** What is faster than any round trip cannot be true. */
  @Test
  void aSampleShorterThanARoundTripIsNone() {
    sampler.onRttSample(10 * MS);
    long sent = send();
    now += 9 * MS;
    ack(sent);
    assertTrue(sampler.hasSample());
    assertEquals(0, sampler.bytesPerNano());
  }

  /** "Tracking application-limited phases". */
  @Test
  void aLackOfDataMarksSamplesUntilItHasBeenDelivered() {
    long first = send();
    sampler.onApplicationLimited(inFlight);
    assertTrue(sampler.isApplicationLimited());
    now += MS;
    long second = send();
    now += 10 * MS;
    ack(first);
    assertFalse(sampler.isSampleApplicationLimited(), "that was sent before");
    assertTrue(sampler.isApplicationLimited());
    ack(second);
    assertTrue(sampler.isSampleApplicationLimited());
    assertFalse(sampler.isApplicationLimited());
    long third = send();
    now += 10 * MS;
    ack(third);
    assertFalse(sampler.isSampleApplicationLimited());
  }

  @Test
  void theNewestPacketDecides() {
    long first = send();
    now += MS;
    long second = send();
    now += MS;
    long third = send();
    now += 10 * MS;
    ack(first, third);
    assertEquals(3 * BYTES, sampler.inFlightBytes());
    assertEquals(2 * BYTES, sampler.newlyAcked());
    ack(second);
    assertEquals(2 * BYTES, sampler.inFlightBytes());
    assertEquals(3 * BYTES, sampler.deliveredBytes());
  }

  @Test
  void lossesSinceAPacketLeftAreCounted() {
    long first = send();
    now += MS;
    long second = send();
    sampler.onPacketLost(BYTES, first);
    inFlight -= BYTES;
    now += MS;
    long third = send();
    assertEquals(BYTES, sampler.lostSince(second) + sampler.lostSince(third));
    assertEquals(0, sampler.lostSince(first), "nothing is known of it any more");
    now += 10 * MS;
    ack(second);
    assertEquals(BYTES, sampler.lostBytes());
  }

  @Test
  void aPauseDoesNotCount() {
    flow(20);
    now += 10_000 * MS;
    long sent = send();
    now += 10 * MS;
    ack(sent);
    assertEquals(BYTES / 10.0, rate(), 1e-6);
  }

  /** The window bounds what is remembered, in whatever order packets go. */
  @Test
  void recordsGoWithTheirPackets() {
    SendSnapshots sent = new SendSnapshots();
    Random random = new Random(1);
    ArrayDeque<Long> times = new ArrayDeque<>();
    for (long t = 1; t < 5000; t++) {
      sent.add(t, t, t, t, t, t % 2 == 0);
      sent.join(1, t);
      times.add(t);
      while (times.size() > 100 || (!times.isEmpty() && random.nextInt(2) == 0)) {
        long next = times.remove();
        int slot = sent.find(next);
        assertEquals(next, sent.delivered(slot));
        assertEquals(next % 2 == 0, sent.isApplicationLimited(slot));
        sent.settle(slot, 1);
        assertEquals(SendSnapshots.NONE, sent.find(next));
      }
      assertEquals(times.size(), sent.size());
    }
  }

  @Test
  void aRingThatGrowsKeepsItsRecords() {
    SendSnapshots sent = new SendSnapshots();
    for (long t = 1; t <= 10; t++) {
      sent.add(t, t, t, t, t, false);
      sent.join(1, t);
      sent.settle(sent.find(t), 1);
    }
    for (long t = 11; t <= 111; t++) {
      sent.add(t, t, t, t, t, t % 3 == 0);
      sent.join(1, 2 * t);
    }
    assertEquals(101, sent.size());
    for (long t = 11; t <= 111; t++) {
      int slot = sent.find(t);
      assertEquals(t, sent.sentNanos(slot));
      assertEquals(2 * t, sent.inFlight(slot));
      assertEquals(t % 3 == 0, sent.isApplicationLimited(slot));
    }
  }
}
