package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections of a loop share its socket by bytes, whatever the size of what they send at once. */
class DeficitRoundRobinTest {
  private static final int QUANTUM = DeficitRoundRobin.QUANTUM_BYTES;
  private static final int LARGEST_BATCH = 65_507;

  private final DeficitRoundRobin<Sender> rotation = new DeficitRoundRobin<>();

  private static final class Sender extends DeficitRoundRobin.Member {
    final int batchBytes;
    long backlogBytes = Long.MAX_VALUE;
    long sentBytes;

    Sender(int batchBytes) {
      this.batchBytes = batchBytes;
    }
  }

  private Sender sender(int batchBytes) {
    Sender sender = new Sender(batchBytes);
    rotation.add(sender);
    return sender;
  }

  /** As the driver does it, with a socket that takes so many bytes and is full then. */
  private void fillSocket(long bytes) {
    long room = bytes;
    while (room > 0) {
      Sender next = rotation.next();
      if (next == null) {
        return;
      }
      int batch = (int) Math.min(next.batchBytes, next.backlogBytes);
      if (batch == 0) {
        rotation.removeFirst();
        continue;
      }
      rotation.charge(next, batch);
      next.backlogBytes -= batch;
      next.sentBytes += batch;
      room -= batch;
    }
  }

  @Test
  void whoIsAloneSendsWithoutPause() {
    Sender only = sender(LARGEST_BATCH);
    for (int i = 0; i < 100; i++) {
      assertEquals(only, rotation.next());
      rotation.charge(only, LARGEST_BATCH);
    }
  }

  @Test
  void batchesOfAnySizeGetTheSameBytes() {
    List<Sender> senders = new ArrayList<>();
    for (int bytes : new int[] {40, 1200, 1452, 12_000, 16_384, 40_000, LARGEST_BATCH}) {
      senders.add(sender(bytes));
    }
    // A slow socket: full again after 30 KB, less than the largest batch.
    for (int i = 0; i < 2000; i++) {
      fillSocket(30_000);
      long least = senders.stream().mapToLong(s -> s.sentBytes).min().orElseThrow();
      long most = senders.stream().mapToLong(s -> s.sentBytes).max().orElseThrow();
      assertTrue(most - least <= LARGEST_BATCH + QUANTUM, least + " to " + most);
    }
    assertTrue(senders.getFirst().sentBytes > 5_000_000);
  }

  @Test
  void aSmallSenderWaitsForOneQuantumOfEachOtherAtMost() {
    for (int i = 0; i < 9; i++) {
      sender(LARGEST_BATCH);
    }
    fillSocket(10L * LARGEST_BATCH); // all have sent too much once
    long before = 0;
    for (int i = 0; i < 100; i++) {
      Sender small = sender(100);
      small.backlogBytes = 100;
      long others = 0;
      for (Sender next = rotation.next(); next != small; next = rotation.next()) {
        assertNotNull(next);
        rotation.charge(next, next.batchBytes);
        others += next.batchBytes;
      }
      fillSocket(1);
      assertEquals(100, small.sentBytes);
      assertNull(leave(small));
      before += others;
    }
    assertTrue(before / 100 <= 9L * QUANTUM * 3 / 2, before / 100 + " bytes before it");
  }

  /** Lets a sender without backlog have its turn, and go. */
  private Sender leave(Sender empty) {
    for (Sender next = rotation.next(); next != null; next = rotation.next()) {
      if (next == empty) {
        rotation.removeFirst();
        return null;
      }
      rotation.charge(next, next.batchBytes);
    }
    return empty;
  }

  @Test
  void unusedCreditLapses() {
    Sender quiet = sender(1000);
    quiet.backlogBytes = 0;
    Sender busy = sender(1000);
    for (int i = 0; i < 50; i++) {
      fillSocket(QUANTUM);
      rotation.add(quiet);
    }
    quiet.backlogBytes = Long.MAX_VALUE;
    rotation.add(quiet);
    long busyBefore = busy.sentBytes;
    fillSocket(20L * QUANTUM);
    long busySent = busy.sentBytes - busyBefore;
    assertTrue(Math.abs(busySent - quiet.sentBytes) <= 2 * QUANTUM);
  }

  @Test
  void debtIsNotForgottenByLeaving() {
    Sender greedy = sender(LARGEST_BATCH);
    Sender steady = sender(1000);
    for (int i = 0; i < 1000; i++) {
      greedy.backlogBytes = LARGEST_BATCH; // a batch, and nothing more until it has left
      rotation.add(greedy);
      fillSocket(20_000);
    }
    assertTrue(greedy.sentBytes <= steady.sentBytes + LARGEST_BATCH + QUANTUM);
  }

  @Test
  void addingTwiceChangesNothing() {
    Sender one = sender(1000);
    rotation.add(one);
    rotation.removeFirst();
    assertNull(rotation.next());
    assertTrue(rotation.isEmpty());
  }
}
