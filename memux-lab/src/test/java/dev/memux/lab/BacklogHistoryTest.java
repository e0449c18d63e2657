package dev.memux.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class BacklogHistoryTest {
  private final BacklogHistory history = new BacklogHistory();

  @Test
  void aBacklogShrinksUntilTheNextPacket() {
    assertEquals(0, history.backlogNanos(50));
    history.onPacket(100, 30);
    history.onPacket(110, 50);
    assertEquals(0, history.backlogNanos(99));
    assertEquals(30, history.backlogNanos(100));
    assertEquals(21, history.backlogNanos(109));
    assertEquals(50, history.backlogNanos(110));
    assertEquals(1, history.backlogNanos(159));
    assertEquals(0, history.backlogNanos(200));
  }

  @Test
  void itGoesBackAsManyPacketsAsItHasRoomFor() {
    int packets = 3 * BacklogHistory.PACKETS + 5;
    for (int i = 0; i < packets; i++) {
      history.onPacket(10L * i, 7);
    }
    assertEquals(7, history.backlogNanos(10L * (packets - 1)));
    long oldest = 10L * (packets - BacklogHistory.PACKETS);
    assertEquals(7, history.backlogNanos(oldest));
    assertThrows(IllegalArgumentException.class, () -> history.backlogNanos(oldest - 1));
  }
}
