package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.assertNear;
import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrgencyTest {
  private final Link link = new Link();
  private final Scheduler<String> scheduler = link.scheduler;

  @Test // RFC 9218 §4.1, §4.2
  void defaultIsUrgency3AndNotIncremental() {
    assertEquals(new Priority(3, false), Priority.DEFAULT);
  }

  @ParameterizedTest // RFC 9218 §4.1: 0 to 7
  @ValueSource(ints = {-2, 8, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void urgencyOutOfRangeIsRefused(int urgency) {
    assertThrows(IllegalArgumentException.class, () -> new Priority(urgency, false));
    assertThrows(
        IllegalArgumentException.class,
        () -> scheduler.prioritize(scheduler.defaultGroup(), urgency));
  }

  @ParameterizedTest
  @CsvSource({"0,1", "0,7", "3,4", "6,7"})
  void lowerUrgencyNumberGoesFirstStrictly(int urgent, int other) {
    link.backlogged(0, "other", incremental(other));
    link.backlogged(4, "urgent", sequential(urgent));
    link.run(1000);
    assertEquals(1000, link.packetsOf("urgent"));
    assertEquals(0, link.packetsOf("other"));
  }

  @Test
  void lessUrgentGetsWhatTheMoreUrgentLeaves() {
    Entry<String> urgent = link.backlogged(0, "U", incremental(2));
    link.backlogged(4, "o", incremental(5));
    assertEquals("U U", link.packets(2));
    link.idle(urgent);
    assertEquals("o o", link.packets(2));
    link.ready(urgent);
    assertEquals("U U", link.packets(2));
  }

  @Test
  void criticalGoesBeforeUrgency0() {
    link.backlogged(0, "u0", incremental(0));
    Entry<String> control = link.backlogged(3, "control", Priority.CRITICAL);
    assertEquals("control control", link.packets(2));
    link.idle(control);
    assertEquals("u0", link.packet());
  }

  @Test
  void incrementalStreamsTakeTurns() {
    link.backlogged(0, "A", incremental(3));
    link.backlogged(4, "B", incremental(3));
    link.backlogged(8, "C", incremental(3));
    assertEquals("A B C A B C A B C", link.packets(9));
  }

  @Test
  void turnsAreBytesNotPackets() {
    Entry<String> large = link.backlogged(0, "large", incremental(3));
    Entry<String> small = link.backlogged(4, "small", incremental(3));
    long smallBytes = 0;
    long largeBytes = 0;
    for (int i = 0; i < 10_000; i++) {
      if (scheduler.next(false) == large) {
        scheduler.charge(large, 1400);
        largeBytes += 1400;
      } else {
        scheduler.charge(small, 90);
        smallBytes += 90;
      }
    }
    assertNear(largeBytes, smallBytes, 1400);
  }

  @Test
  void sequentialStreamsAreServedOneAfterAnotherByStreamId() {
    Entry<String> c = link.backlogged(8, "C", sequential(3));
    Entry<String> a = link.backlogged(0, "A", sequential(3));
    Entry<String> b = link.backlogged(4, "B", sequential(3));
    link.drain(a, 3);
    assertEquals(0, link.packetsOf("B") + link.packetsOf("C"));
    link.drain(b, 3);
    assertEquals(0, link.packetsOf("C"));
    link.drain(c, 3);
    assertEquals("-", link.packet());
  }

  @Test
  void sequenceGoesOnWithTheNextStreamWhileTheFirstHasNothingToSend() {
    Entry<String> a = link.backlogged(0, "A", sequential(3));
    link.backlogged(4, "B", sequential(3));
    link.idle(a);
    assertEquals("B", link.packet());
    link.ready(a);
    assertEquals("A", link.packet());
  }

  @Test
  void allSequentialStreamsTogetherAreOneParticipant() {
    link.backlogged(0, "s1", sequential(3));
    link.backlogged(4, "s2", sequential(3));
    link.backlogged(8, "s3", sequential(3));
    link.backlogged(12, "i1", incremental(3));
    link.backlogged(16, "i2", incremental(3));
    assertEquals("s1 i1 i2 s1 i1 i2", link.packets(6));
  }

  @Test
  void longTunnelWithTheLowestIdStarvesNobodyByDefault() {
    link.backlogged(0, "tunnel", Priority.DEFAULT_INCREMENTAL);
    link.backlogged(4, "request", Priority.DEFAULT);
    assertEquals("request tunnel request tunnel", link.packets(4));
  }

  @Test
  void equalKeysGoByTheLowerIdWhateverTheOrderOfArrival() {
    link.backlogged(12, "12", incremental(3));
    link.backlogged(0, "0", incremental(3));
    link.backlogged(8, "8", incremental(3));
    link.backlogged(4, "4", incremental(3));
    assertEquals("0 4 8 12 0 4 8 12", link.packets(8));
  }
}
