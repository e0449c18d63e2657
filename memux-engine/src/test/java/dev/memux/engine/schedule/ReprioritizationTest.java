package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.assertNear;
import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class ReprioritizationTest {
  private static final SchedulerConfig FIVE_PACKETS =
      SchedulerConfig.DEFAULT.withCatchUpBytes(5 * Link.PACKET_BYTES);

  private final Link link = new Link(FIVE_PACKETS);
  private final Scheduler<String> scheduler = link.scheduler;

  @Test
  void changedUrgencyHoldsFromTheNextDecision() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    Entry<String> b = link.backlogged(4, "B", sequential(3));
    scheduler.prioritize(a, incremental(1));
    assertEquals("A A", link.packets(2));
    scheduler.prioritize(b, sequential(0));
    assertEquals("B B", link.packets(2));
    scheduler.prioritize(b, sequential(7));
    assertEquals("A A", link.packets(2));
  }

  @Test
  void changedUrgencyKeepsTheKeysDistanceFromVirtualTime() {
    link.backlogged(0, "old3", incremental(3));
    link.run(50);
    Entry<String> behind = link.backlogged(4, "behind", incremental(3));
    assertEquals("behind behind", link.packets(2)); // three packets of catch-up are left
    Entry<String> other = link.backlogged(8, "old1", incremental(1));
    link.run(20);
    scheduler.prioritize(behind, incremental(1));
    assertEquals("behind behind behind behind old1 behind", link.packets(6));
    assertEquals(other.key, behind.key - Link.PACKET_BYTES);
  }

  @Test
  void debtGoesAlongToTheNewUrgency() {
    link.backlogged(0, "old3", incremental(3));
    Entry<String> ahead = link.backlogged(4, "ahead", incremental(3));
    scheduler.update(ahead, true, true);
    for (int i = 0; i < 4; i++) {
      link.packet(true);
    }
    link.backlogged(8, "old1", incremental(1));
    link.run(7);
    scheduler.prioritize(ahead, incremental(1));
    assertEquals("old1 old1 old1 old1 ahead", link.packets(5));
  }

  @Test
  void movingDownAndUpAfterEachOwnPacketEarnsNothing() {
    Entry<String> moving = link.backlogged(0, "moving", incremental(3));
    link.backlogged(4, "steady", incremental(3));
    link.backlogged(8, "lower", incremental(5));
    for (int i = 0; i < 10_000; i++) {
      if (link.packet().equals("moving")) {
        scheduler.prioritize(moving, incremental(5));
        scheduler.prioritize(moving, incremental(3));
      }
    }
    assertNear(link.packetsOf("steady"), link.packetsOf("moving"), 1);
  }

  @Test
  void theOneBeingServedMayChangeBeforeItIsCharged() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    Entry<String> b = link.backlogged(4, "B", incremental(3));
    assertSame(a, scheduler.next(false));
    scheduler.prioritize(a, sequential(3));
    scheduler.charge(a, 1000);
    assertSame(b, scheduler.next(false));
    scheduler.prioritize(b, sequential(3));
    scheduler.charge(b, 1000);
    assertSame(a, scheduler.next(false));
    scheduler.prioritize(a, incremental(4));
    scheduler.charge(a, 1000);
    assertSame(b, scheduler.next(false));
  }

  @Test
  void streamLeavesTheSequenceAndTakesTurnsByItself() {
    link.backlogged(0, "A", sequential(3));
    Entry<String> b = link.backlogged(4, "B", sequential(3));
    assertEquals("A A", link.packets(2));
    scheduler.prioritize(b, incremental(3));
    // B has sent nothing: two packets behind, within the catch-up.
    assertEquals("B B A B A B", link.packets(6));
  }

  @Test
  void streamJoinsTheSequenceInItsPlaceById() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    link.backlogged(4, "B", sequential(3));
    assertEquals("B A B A", link.packets(4));
    scheduler.prioritize(a, sequential(3));
    assertEquals("A A", link.packets(2));
    link.idle(a);
    assertEquals("B", link.packet());
  }

  @Test
  void changingBetweenSequentialAndIncrementalEarnsTheCatchUpAtMost() {
    link.backlogged(0, "steady", incremental(3));
    Entry<String> changing = link.backlogged(4, "changing", incremental(3));
    boolean incremental = true;
    for (int i = 0; i < 10_000; i++) {
      link.packet();
      incremental = !incremental;
      scheduler.prioritize(changing, new Priority(3, incremental));
    }
    assertNear(link.packetsOf("steady"), link.packetsOf("changing"), 1 + 2 * 5);
  }

  @Test
  void changingAfterEachOwnPacketEarnsTheCatchUpAtMost() {
    link.backlogged(0, "steady", incremental(3));
    Entry<String> changing = link.backlogged(4, "changing", incremental(3));
    boolean incremental = true;
    for (int i = 0; i < 10_000; i++) {
      if (link.packet().equals("changing")) {
        incremental = !incremental;
        scheduler.prioritize(changing, new Priority(3, incremental));
      }
    }
    assertNear(link.packetsOf("steady"), link.packetsOf("changing"), 1 + 2 * 5);
  }

  @Test
  void lostDataGoesAlong() {
    Entry<String> a = scheduler.add(0, "A", incremental(3), scheduler.defaultGroup());
    Entry<String> b = link.backlogged(4, "B", sequential(3));
    scheduler.update(a, true, false);
    scheduler.prioritize(a, sequential(6));
    assertSame(a, scheduler.next(true));
    assertSame(b, scheduler.next(false));
    scheduler.update(a, false, false);
    assertNull(scheduler.next(true));
  }

  @Test
  void ineligibleStreamTakesItsNewPriorityWhenItBecomesEligible() {
    Entry<String> a = scheduler.add(4, "A", incremental(7), scheduler.defaultGroup());
    link.backlogged(0, "B", incremental(3));
    scheduler.prioritize(a, incremental(1));
    assertEquals("B", link.packet());
    link.ready(a);
    assertEquals("A", link.packet());
    assertEquals(incremental(1), a.priority());
  }

  @Test
  void samePriorityAgainChangesNothing() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    link.backlogged(4, "B", incremental(3));
    for (int i = 0; i < 10; i++) {
      scheduler.prioritize(a, incremental(3));
    }
    assertEquals("A B A B", link.packets(4));
  }
}
