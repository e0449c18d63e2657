package dev.memux.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of packets that leave together one after another is the same stream's, where there are many. */
class TurnTest {
  private static final int TURN_BYTES = 3 * Link.PACKET_BYTES;
  private static final int OTHERS = Scheduler.TURN_TAKERS - 1;

  private final Link link = new Link();
  private final Scheduler<String> scheduler = link.scheduler;

  @BeforeEach
  void beginBatch() {
    scheduler.beginBatch(TURN_BYTES);
  }

  /** With two more they are enough for turns, though one of the two has nothing to send. */
  private void addOthers() {
    for (int i = 0; i < OTHERS; i++) {
      link.backlogged(100 + i, "o" + i, Link.incremental(3));
    }
  }

  @Test
  void equalsGoOnForATurnEach() {
    link.backlogged(0, "a", Link.incremental(3));
    link.backlogged(4, "b", Link.incremental(3));
    addOthers();
    assertEquals("a a a b b b o0 o0 o0 o1", link.packets(10));
  }

  @Test
  void fewShareEachPacket() {
    link.backlogged(0, "a", Link.incremental(3));
    addOthers();
    assertEquals("a a a", link.packets(3));
    Link few = new Link();
    few.backlogged(0, "a", Link.incremental(3));
    few.backlogged(4, "b", Link.incremental(3));
    few.scheduler.beginBatch(TURN_BYTES);
    assertEquals("a b a b", few.packets(4));
  }

  @Test
  void aTurnEndsWithItsBatch() {
    link.backlogged(0, "a", Link.incremental(3));
    link.backlogged(4, "b", Link.incremental(3));
    addOthers();
    assertEquals("a a", link.packets(2));
    scheduler.beginBatch(TURN_BYTES);
    assertEquals("b b", link.packets(2));
    scheduler.beginBatch(0);
    assertEquals("o0 o1 o2 o3", link.packets(4));
  }

  @Test
  void whoeverIsMoreUrgentDoesNotWait() {
    link.backlogged(0, "a", Link.incremental(3));
    addOthers();
    assertEquals("a", link.packet());
    Entry<String> urgent = link.backlogged(4, "u", Link.incremental(1));
    assertEquals("u u u u", link.packets(4));
    link.idle(urgent);
    assertEquals("o0 o0 o0 o1", link.packets(4), "a's turn was over");
  }

  @Test
  void whoeverHasSentLessDoesNotWait() {
    Entry<String> rare = link.backlogged(4, "r", Link.incremental(3));
    link.idle(rare);
    link.backlogged(0, "a", Link.incremental(3));
    addOthers();
    link.run(100 * OTHERS + 1);
    link.ready(rare);
    assertEquals("r", link.packet(), "a short response overtakes, in the middle of a turn too");
  }

  @Test
  void whatWasSentInATurnIsRemembered() {
    Entry<String> a = link.backlogged(0, "a", Link.incremental(3));
    link.backlogged(4, "b", Link.incremental(3));
    addOthers();
    assertEquals("a a", link.packets(2));
    link.idle(a);
    link.ready(a);
    String round = link.packets(3 * (1 + OTHERS));
    assertFalse(round.contains("a"), round);
    assertEquals("a a a b", link.packets(4));
  }

  @Test
  void aNewPriorityHoldsFromTheNextPacket() {
    Entry<String> a = link.backlogged(0, "a", Link.incremental(3));
    link.backlogged(4, "b", Link.incremental(3));
    addOthers();
    assertEquals("a", link.packet());
    scheduler.prioritize(a, Link.incremental(4));
    assertEquals("b b b o0", link.packets(4));
  }
}
