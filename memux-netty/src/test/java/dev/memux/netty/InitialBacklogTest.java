package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** Who shakes hands waits for those who have (RFC 9000 §21.3). */
class InitialBacklogTest {
  private static final InetSocketAddress SENDER = Loopback.anyPort();

  private final InitialBacklog backlog = new InitialBacklog();

  @Test
  void theyWaitWhenTheirTimeIsUpAndComeOutInOrder() {
    assertFalse(backlog.mustWait());
    backlog.onSpent(InitialBacklog.NANOS_PER_TURN);
    assertTrue(backlog.mustWait());
    backlog.add(SENDER, new byte[] {9, 1, 9}, 1, 1, 3);
    backlog.add(SENDER, new byte[] {2}, 0, 1, 0);
    assertNull(backlog.poll());
    backlog.beginTurn();
    assertTrue(backlog.mustWait(), "overtakes others");
    InitialBacklog.Waiting first = backlog.poll();
    assertNotNull(first);
    assertEquals(1, first.payload().length);
    assertEquals(1, first.payload()[0]);
    assertEquals(3, first.ecn());
    backlog.onSpent(InitialBacklog.NANOS_PER_TURN);
    assertNull(backlog.poll());
    backlog.beginTurn();
    assertNotNull(backlog.poll());
    assertFalse(backlog.needsTurn());
    assertFalse(backlog.mustWait());
  }

  @Test
  void theyWaitWhileManySignaturesAreBeingMade() {
    for (int i = 0; i < InitialBacklog.MAX_AT_WORK; i++) {
      assertFalse(backlog.mustWait());
      backlog.onWorkBegun();
    }
    assertTrue(backlog.mustWait());
    backlog.add(SENDER, new byte[] {1}, 0, 1, 0);
    backlog.beginTurn();
    assertNull(backlog.poll());
    assertFalse(backlog.needsTurn(), "would turn without end");
    backlog.onWorkDone();
    assertTrue(backlog.needsTurn());
    assertNotNull(backlog.poll());
  }

  @Test
  void whatWaitsIsBounded() {
    for (int i = 0; i <= InitialBacklog.MAX_DATAGRAMS; i++) {
      backlog.add(SENDER, new byte[1200], 0, 1200, 0);
    }
    assertEquals(1, backlog.dropped());
    assertNotNull(backlog.poll());
    backlog.add(SENDER, new byte[3000], 0, InitialBacklog.MAX_DATAGRAM_BYTES + 1, 0);
    assertEquals(2, backlog.dropped());
  }
}
