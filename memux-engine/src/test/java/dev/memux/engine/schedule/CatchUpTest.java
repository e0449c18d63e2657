package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.assertNear;
import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What becoming eligible gives, and what it does not. */
class CatchUpTest {
  private static final int CATCH_UP_PACKETS = 5;
  private static final SchedulerConfig FIVE_PACKETS =
      SchedulerConfig.DEFAULT.withCatchUpBytes(CATCH_UP_PACKETS * Link.PACKET_BYTES);

  @Test
  void defaultIs64KiB() {
    assertEquals(65_536, SchedulerConfig.DEFAULT.catchUpBytes());
    Link link = new Link();
    link.backlogged(0, "long", incremental(3));
    link.run(1000);
    link.backlogged(4, "short", incremental(3));
    link.run(65); // 65,000 bytes: the next packet would begin before 65,536
    assertEquals(65, link.packetsOf("short"));
    assertEquals("short long", link.packets(2));
  }

  @Test
  void negativeCatchUpIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new SchedulerConfig(-1, false));
  }

  @Test
  void shortResponseOvertakesALongOneOnce() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    Entry<String> response = link.backlogged(4, "s", incremental(3));
    assertEquals("s s s s s L s L s L", link.packets(10));
    link.idle(response);
    link.ready(response);
    assertEquals("s L s L", link.packets(4));
  }

  @Test
  void creditThatWasNotUsedIsLeftAfterAPause() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    Entry<String> response = link.backlogged(4, "s", incremental(3));
    assertEquals("s s", link.packets(2));
    link.idle(response);
    link.ready(response);
    assertEquals("s s s L s L", link.packets(6));
  }

  @Test
  void streamThatFlapsEarnsNothing() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "steady", incremental(3));
    Entry<String> flapping = link.backlogged(4, "flapping", incremental(3));
    for (int i = 0; i < 10_000; i++) {
      if (link.packet().equals("flapping")) {
        link.idle(flapping);
        link.ready(flapping);
      }
    }
    assertNear(link.packetsOf("steady"), link.packetsOf("flapping"), 1);
  }

  @Test
  void streamThatFlapsAfterEveryPacketOfAnyoneEarnsNothing() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "steady", incremental(3));
    link.run(1000);
    Entry<String> flapping = link.backlogged(4, "flapping", incremental(3));
    for (int i = 0; i < 10_000; i++) {
      link.packet();
      link.idle(flapping);
      link.ready(flapping);
    }
    assertNear(link.packetsOf("steady") - 1000 + CATCH_UP_PACKETS, link.packetsOf("flapping"), 1);
  }

  @Test
  void waitingGivesNoMoreThanTheCatchUp() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    Entry<String> waiting = link.backlogged(4, "w", incremental(3));
    link.idle(waiting);
    link.run(10_000);
    link.ready(waiting);
    assertEquals("w w w w w L w L", link.packets(8));
  }

  @Test
  void withoutCatchUpANewcomerTakesTurnsAtOnce() {
    Link link = new Link(SchedulerConfig.DEFAULT.withCatchUpBytes(0));
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    link.backlogged(4, "s", incremental(3));
    assertEquals("L s L s", link.packets(4));
  }

  @Test
  void virtualTimeIsKeptWhileNobodyIsEligible() {
    Link link = new Link(FIVE_PACKETS);
    Entry<String> first = link.backlogged(0, "first", incremental(3));
    link.drain(first, 100);
    link.backlogged(4, "n", incremental(3));
    link.ready(first);
    // Measured from 100 packets, not from an empty level's zero.
    assertEquals("n n n n n", link.packets(5));
    assertEquals("first n first n", link.packets(4));
  }

  @Test
  void virtualTimeDoesNotFallWhenSomebodyCatchesUp() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    link.backlogged(4, "a", incremental(3));
    // Would start ten packets back, were V the key of "a".
    link.backlogged(8, "b", incremental(3));
    assertEquals("a b a b a b a b a b L a b", link.packets(13));
  }

  @Test
  void sequenceCatchesUpOnceAsAParticipantWhoeverItsMembersAre() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    Entry<String> a = link.backlogged(4, "a", sequential(3));
    assertEquals("a a a", link.packets(3));
    link.idle(a);
    link.backlogged(8, "b", sequential(3));
    assertEquals("b b b L b L", link.packets(6));
  }

  @Test
  void hundredShortSequentialStreamsTakeNoMoreThanOneLongStream() {
    Link link = new Link(FIVE_PACKETS);
    link.backlogged(0, "L", incremental(3));
    link.run(100);
    for (int i = 1; i <= 100; i++) {
      Entry<String> s = link.backlogged(4L * i, "s", sequential(3));
      link.drain(s, 1);
      link.scheduler.remove(s);
    }
    long longSince = link.packetsOf("L") - 100;
    assertNear(longSince + CATCH_UP_PACKETS, link.packetsOf("s"), 1);
  }

  /** Priorities as in 1999: ties to the stream that has sent least, however long ago. */
  @Test
  void unboundedCatchUpAlwaysServesTheStreamThatHasSentLeast() {
    Link link = new Link(SchedulerConfig.DEFAULT.withCatchUpBytes(SchedulerConfig.UNBOUNDED));
    link.backlogged(0, "old", incremental(3));
    link.run(500);
    link.backlogged(4, "new", incremental(3));
    link.run(500);
    assertEquals(500, link.packetsOf("new"));
    assertEquals("old new old new", link.packets(4));
  }

  @Test
  void unboundedCatchUpRemembersThroughPausesAndPriorities() {
    Link link = new Link(SchedulerConfig.DEFAULT.withCatchUpBytes(SchedulerConfig.UNBOUNDED));
    Entry<String> little = link.backlogged(0, "little", incremental(5));
    link.run(30);
    link.idle(little);
    link.backlogged(4, "much", incremental(1));
    link.run(300);
    link.scheduler.prioritize(little, incremental(1));
    link.ready(little);
    for (int i = 0; i < 270; i++) {
      assertEquals("little", link.packet());
    }
    assertEquals("little much little much", link.packets(4));
  }

  @Test
  void veryLargeCatchUpDoesNotOverflow() {
    Link link = new Link(SchedulerConfig.DEFAULT.withCatchUpBytes(Long.MAX_VALUE - 1));
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    link.run(10);
    Entry<String> b = link.backlogged(4, "B", incremental(3));
    assertEquals("B", link.packet());
    link.scheduler.prioritize(b, incremental(2));
    link.scheduler.prioritize(a, incremental(2));
    assertEquals("B", link.packet());
    assertTrue(b.key < a.key);
  }
}
