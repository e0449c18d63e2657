package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.memory.MemoryBudget.Pressure;
import dev.memux.engine.stream.ChunkAccount.Use;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who gets memory, and when nobody does any more. */
class ChunkAccountTest {
  private static final int CHUNK = ChunkPool.CHUNK_BYTES;

  private final CountedBudget budget = new CountedBudget(64 * CHUNK);
  private final ChunkPool pool = new ChunkPool(budget);

  private ChunkAccount account(Use use, long maxBytes) {
    return new ChunkAccount(pool, use, maxBytes);
  }

  private static List<byte[]> takeAll(ChunkAccount account) {
    List<byte[]> taken = new ArrayList<>();
    for (byte[] chunk = account.take(); chunk != null; chunk = account.take()) {
      taken.add(chunk);
    }
    return taken;
  }

  @Test
  void anAccountEndsAtItsOwnBound() {
    ChunkAccount account = account(Use.SEND, 10 * CHUNK + 1);
    List<byte[]> taken = takeAll(account);
    assertEquals(10, taken.size());
    assertEquals(1, account.freeBytes());
    account.give(taken.getFirst());
    assertNotNull(account.take());
  }

  @Test
  void dataToBeSentLeavesAQuarterToWhatIsReceived() {
    ChunkAccount first = account(Use.SEND, Long.MAX_VALUE);
    assertEquals(48, takeAll(first).size());
    assertEquals(0, first.freeBytes());
    assertNull(account(Use.SEND, Long.MAX_VALUE).take());
    assertEquals(48L * CHUNK, budget.heldBytes(), "what was refused counts no more");
    assertNotNull(account(Use.RECEIVE, Long.MAX_VALUE).take());
  }

  @Test
  void theLastEighthIsForThoseWithinTheirShare() {
    budget.addConnections(8);
    ChunkAccount greedy = account(Use.RECEIVE, Long.MAX_VALUE);
    assertEquals(56, takeAll(greedy).size());
    ChunkAccount modest = account(Use.RECEIVE, Long.MAX_VALUE);
    assertEquals(8, takeAll(modest).size());
    assertEquals(64L * CHUNK, budget.heldBytes());
    assertNull(account(Use.RECEIVE, Long.MAX_VALUE).take(), "nobody goes beyond the end");
  }

  @Test
  void whoHoldsMuchIsCountedInSteps() {
    CountedBudget large = new CountedBudget(4 << 20);
    ChunkAccount account = new ChunkAccount(new ChunkPool(large), Use.SEND, Long.MAX_VALUE);
    ArrayDeque<byte[]> taken = new ArrayDeque<>();
    int counted = 0;
    long before = 0;
    for (byte[] chunk = account.take(); chunk != null; chunk = account.take()) {
      taken.add(chunk);
      counted += large.heldBytes() == before ? 0 : 1;
      before = large.heldBytes();
      assertCounted(account, large);
    }
    assertEquals(large.sendLimit(), account.heldBytes(), "to the last chunk");
    assertTrue(counted < 300, "counted " + counted + " times");
    while (!taken.isEmpty()) {
      account.give(taken.removeFirst());
      assertCounted(account, large);
    }
    assertEquals(0, large.heldBytes());
  }

  private static void assertCounted(ChunkAccount account, CountedBudget large) {
    long more = large.heldBytes() - account.heldBytes();
    long most = account.heldBytes() < ChunkAccount.LARGE_BYTES ? 0 : 2 * ChunkAccount.STEP_BYTES;
    assertTrue(more >= 0 && more <= most, () -> "counted " + more + " bytes too many");
  }

  @Test
  void pressureRisesAsMemoryIsTakenAndFallsAsItComesBack() {
    ChunkAccount account = account(Use.RECEIVE, Long.MAX_VALUE);
    ArrayDeque<byte[]> taken = new ArrayDeque<>();
    List<Pressure> rising = new ArrayList<>();
    for (int chunks = 0; chunks <= 64; chunks++) {
      if (rising.isEmpty() || rising.getLast() != budget.pressure()) {
        rising.add(budget.pressure());
        int at = List.of(0, 33, 49).get(rising.size() - 1);
        assertEquals(at, chunks);
      }
      if (chunks == 57) {
        assertTrue(!budget.hasRoomForConnection());
      }
      byte[] chunk = account.take();
      if (chunk != null) {
        taken.add(chunk);
      }
    }
    assertEquals(List.of(Pressure.NONE, Pressure.HIGH, Pressure.CRITICAL), rising);
    taken.forEach(account::give);
    assertEquals(0, budget.heldBytes());
    assertEquals(Pressure.NONE, budget.pressure());
    assertTrue(budget.hasRoomForConnection());
  }
}
