package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class FloorTest {
  private final Link link = new Link(SchedulerConfig.DEFAULT.withFloor(true));
  private final Scheduler<String> scheduler = link.scheduler;

  @Test
  void isOffByDefault() {
    assertFalse(SchedulerConfig.DEFAULT.floor());
    Link strict = new Link();
    strict.backlogged(0, "high", incremental(1));
    strict.backlogged(4, "low", incremental(3));
    strict.run(10_000);
    assertEquals(0, strict.packetsOf("low"));
  }

  @Test
  void onePacketIn32GoesToTheNextLowerUrgency() {
    link.backlogged(0, "high", incremental(1));
    link.backlogged(4, "low", sequential(3));
    for (int packet = 1; packet <= 3200; packet++) {
      assertEquals(packet % 32 == 0 ? "low" : "high", link.packet());
    }
  }

  @Test
  void onlyTheNextLowerUrgencyThatIsEligible() {
    link.backlogged(0, "high", incremental(1));
    Entry<String> next = link.backlogged(4, "next", incremental(4));
    link.backlogged(8, "last", incremental(7));
    link.run(3200);
    assertEquals(100, link.packetsOf("next"));
    assertEquals(0, link.packetsOf("last"));
    link.idle(next);
    link.run(3200);
    assertEquals(100, link.packetsOf("last"));
  }

  @Test
  void nothingIsWithheldWhenNobodyIsLessUrgent() {
    link.backlogged(0, "only", incremental(1));
    link.run(320);
    assertEquals(320, link.packetsOf("only"));
  }

  @Test
  void wholePacketIsTheLowerUrgencysAndTheRestOfItAnyones() {
    Entry<String> high = link.backlogged(0, "high", incremental(1));
    Entry<String> low = link.backlogged(4, "low", incremental(3));
    link.run(31);
    scheduler.beginPacket();
    assertSame(low, scheduler.next(false));
    scheduler.charge(low, 100);
    assertSame(low, scheduler.next(false));
    scheduler.charge(low, 100);
    scheduler.update(low, false, false);
    assertSame(high, scheduler.next(false));
    scheduler.charge(high, 800);
    scheduler.update(low, false, true);
    scheduler.beginPacket();
    assertSame(high, scheduler.next(false));
  }

  @Test
  void packetsOfManyChunksCountOnce() {
    Entry<String> high = link.backlogged(0, "high", incremental(1));
    Entry<String> low = link.backlogged(4, "low", incremental(3));
    for (int packet = 1; packet <= 320; packet++) {
      scheduler.beginPacket();
      for (int chunk = 0; chunk < 5; chunk++) {
        Entry<String> entry = scheduler.next(false);
        assertSame(packet % 32 == 0 ? low : high, entry);
        scheduler.charge(entry, 100);
      }
    }
  }

  @Test
  void criticalIsNotMadeToWait() {
    link.backlogged(0, "critical", Priority.CRITICAL);
    link.backlogged(4, "high", incremental(0));
    link.backlogged(8, "low", incremental(3));
    link.run(320);
    assertEquals(320, link.packetsOf("critical"));
  }

  @Test
  void everyGroupHasItsOwnFloor() {
    // Were packets counted for the connection, all 32nds would be the second group's.
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A high", incremental(0), a);
    link.backlogged(4, "A low", incremental(5), a);
    link.backlogged(8, "B", incremental(3), b);
    link.run(6400);
    assertEquals(100, link.packetsOf("A low"));
    assertEquals(3100, link.packetsOf("A high"));
    assertEquals(3200, link.packetsOf("B"));
  }

  @Test
  void groupsOfLowerUrgencyHaveAFloorToo() {
    Group low = scheduler.addGroup(1);
    scheduler.prioritize(low, 6);
    link.backlogged(0, "high", incremental(7));
    link.backlogged(4, "low", incremental(0), low);
    link.run(3200);
    assertEquals(100, link.packetsOf("low"));
  }

  @Test
  void floorHoldsForLostDataToo() {
    Entry<String> high = link.backlogged(0, "high", incremental(1));
    Entry<String> low = link.backlogged(4, "low", incremental(3));
    link.backlogged(8, "between", incremental(2));
    scheduler.update(high, true, true);
    scheduler.update(low, true, true);
    for (int packet = 1; packet <= 320; packet++) {
      assertEquals(packet % 32 == 0 ? "low" : "high", link.packet(true));
    }
  }
}
