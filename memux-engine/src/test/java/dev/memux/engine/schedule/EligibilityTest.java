package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EligibilityTest {
  private final Link link = new Link();
  private final Scheduler<String> scheduler = link.scheduler;

  @Test
  void nobodyIsNextWhenThereAreNoStreams() {
    assertNull(scheduler.next(false));
    assertNull(scheduler.next(true));
    assertFalse(scheduler.hasEligible(false));
    assertFalse(scheduler.hasEligible(true));
  }

  @Test
  void aStreamThatWasAddedIsNotEligibleUntilItHasSomethingToSend() {
    Entry<String> a = scheduler.add(0, "A", Priority.DEFAULT, scheduler.defaultGroup());
    assertNull(scheduler.next(false));
    scheduler.update(a, false, true);
    assertSame(a, scheduler.next(false));
    scheduler.update(a, false, false);
    assertNull(scheduler.next(false));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void onlyLostDataIsEligibleWhileConnectionCreditIsExhausted(boolean incremental) {
    Priority priority = new Priority(3, incremental);
    Entry<String> fresh = link.backlogged(0, "fresh", priority);
    Entry<String> lost = scheduler.add(4, "lost", priority, scheduler.defaultGroup());
    assertNull(scheduler.next(true));
    assertFalse(scheduler.hasEligible(true));

    scheduler.update(lost, true, false);
    assertSame(lost, scheduler.next(true));
    assertSame(fresh, scheduler.next(false));

    scheduler.update(lost, false, true);
    assertNull(scheduler.next(true));
  }

  @Test
  void lostDataIsServedByUrgencyToo() {
    link.backlogged(0, "fresh", incremental(0));
    Entry<String> later = scheduler.add(4, "later", incremental(5), scheduler.defaultGroup());
    Entry<String> sooner = scheduler.add(8, "sooner", sequential(1), scheduler.defaultGroup());
    scheduler.update(later, true, true);
    assertSame(later, scheduler.next(true));
    scheduler.update(sooner, true, false);
    assertSame(sooner, scheduler.next(true));
  }

  @Test
  void lostDataCompetesAtTheStreamsPriorityAndIsCharged() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    Entry<String> b = link.backlogged(4, "B", incremental(3));
    scheduler.update(b, true, true);
    assertEquals("A B A B", link.packets(4));
    // The retransmissions of B, sent while nothing else may go, count as its turns.
    assertEquals("B", link.packet(true));
    assertEquals("B", link.packet(true));
    assertEquals("A A A B", link.packets(4));
    assertTrue(a.isReady());
  }

  @Test
  void lostStreamsShareByTheSameKeysAsOtherwise() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    link.run(3);
    Entry<String> b = link.backlogged(4, "B", incremental(3));
    scheduler.update(a, true, true);
    scheduler.update(b, true, true);
    // B starts three packets behind A.
    assertEquals("B", link.packet(true));
    assertEquals("B", link.packet(true));
    assertEquals("B", link.packet(true));
    assertEquals("A", link.packet(true));
    assertEquals("B", link.packet(true));
  }

  @Test
  void streamsThatWaitForConnectionCreditKeepTheirPlaces() {
    link.backlogged(0, "A", incremental(3));
    Entry<String> b = link.backlogged(4, "B", incremental(3));
    scheduler.update(b, true, true);
    for (int i = 0; i < 5; i++) {
      assertEquals("B", link.packet(true));
    }
    assertEquals("A A A A A A B", link.packets(7));
  }

  @Test
  void repeatedUpdatesChangeNothing() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    link.backlogged(4, "B", incremental(3));
    link.run(2);
    for (int i = 0; i < 10; i++) {
      link.ready(a);
    }
    assertEquals("A B A B", link.packets(4));
  }

  @Test
  void askingChangesNothing() {
    link.backlogged(0, "A", incremental(3));
    link.backlogged(4, "B", incremental(3));
    assertSame(scheduler.next(false), scheduler.next(false));
    assertEquals("A B A B", link.packets(4));
  }

  @Test
  void finWithoutDataIsServedAndCostsNothing() {
    Entry<String> a = link.backlogged(0, "A", incremental(3));
    scheduler.charge(a, 0);
    assertSame(a, scheduler.next(false));
    assertEquals(0, a.key);
  }

  @Test
  void streamsAreRemovedAtAnyMoment() {
    Entry<String> served = link.backlogged(0, "served", incremental(3));
    Entry<String> waiting = link.backlogged(4, "waiting", incremental(3));
    Entry<String> head = link.backlogged(8, "head", sequential(3));
    Entry<String> tail = link.backlogged(12, "tail", sequential(3));
    Entry<String> idle = scheduler.add(16, "idle", sequential(3), scheduler.defaultGroup());
    link.run(5);
    scheduler.remove(head);
    scheduler.remove(served);
    scheduler.remove(idle);
    assertEquals(2, scheduler.defaultGroup().memberCount());
    assertEquals("waiting tail waiting tail", link.packets(4));
    scheduler.remove(waiting);
    scheduler.remove(tail);
    assertNull(scheduler.next(false));
    assertFalse(scheduler.hasEligible(false));
  }

  @Test
  void removedStreamIsRefused() {
    Entry<String> a = link.backlogged(0, "A", Priority.DEFAULT);
    scheduler.remove(a);
    assertThrows(IllegalStateException.class, () -> scheduler.update(a, false, true));
    assertThrows(IllegalStateException.class, () -> scheduler.charge(a, 1));
    assertThrows(IllegalStateException.class, () -> scheduler.prioritize(a, incremental(1)));
    assertThrows(IllegalStateException.class, () -> scheduler.move(a, scheduler.defaultGroup()));
    assertThrows(IllegalStateException.class, () -> scheduler.remove(a));
  }

  @Test
  void negativeBytesAreRefused() {
    Entry<String> a = link.backlogged(0, "A", Priority.DEFAULT);
    assertThrows(IllegalArgumentException.class, () -> scheduler.charge(a, -1));
  }

  @Test
  void entryTellsWhatItWasMadeOf() {
    Entry<String> a = scheduler.add(44, "A", Priority.DEFAULT, scheduler.defaultGroup());
    assertEquals(44, a.id());
    assertEquals("A", a.stream());
    assertSame(Priority.DEFAULT, a.priority());
    assertSame(scheduler.defaultGroup(), a.group());
  }
}
