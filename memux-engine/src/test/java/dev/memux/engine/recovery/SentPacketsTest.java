package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentPacketsTest {
  private record Packet(long nanos, int bytes, boolean ackEliciting, SentFrames frames) {}

  private final SentPackets sent = new SentPackets();
  private final SentFrames read = new SentFrames();

  @Test
  void recordsKeepTheirPositionsWhenTheRingGrows() {
    for (int i = 0; i < 10; i++) {
      add(i);
    }
    for (int i = 0; i < 7; i++) {
      sent.remove(i);
    }
    sent.trim();
    for (int i = 10; i < 5000; i++) {
      add(i);
    }
    assertEquals(7, sent.first());
    for (int i = 7; i < 5000; i++) {
      assertEquals(i, sent.number(i));
      assertEquals(i * 10L, sent.nanos(i));
      sent.readFrames(i, read);
      assertEquals(1, read.size());
      assertEquals(i, read.a(0));
    }
  }

  @Test
  void theMemoryOfABurstIsGivenBack() {
    for (int burst : new int[] {SentPackets.KEPT_RECORDS, 2 * SentPackets.KEPT_RECORDS, 10}) {
      long from = sent.end();
      for (long i = from; i < from + burst; i++) {
        add(i);
      }
      for (long i = from; i < from + burst; i++) {
        assertEquals(i, sent.number(i));
        sent.readFrames(i, read);
        assertEquals(i, read.a(0));
        sent.remove(i);
      }
      sent.trim();
      assertTrue(sent.isEmpty());
      assertTrue(sent.capacity() <= SentPackets.KEPT_RECORDS, sent.capacity() + " records");
    }
  }

  @Test
  void holesInTheMiddleStayUntilAllBeforeThemAreGone() {
    for (int i = 0; i < 5; i++) {
      add(i);
    }
    sent.remove(1);
    sent.remove(2);
    sent.trim();
    assertEquals(0, sent.first());
    assertFalse(sent.isPresent(1));
    sent.remove(0);
    sent.trim();
    assertEquals(3, sent.first());
  }

  @Test
  void floorFindsTheRecordAtOrBelowANumberAcrossGaps() {
    for (long number : new long[] {5, 6, 9, 20, 21, 1000}) {
      add(number);
    }
    assertEquals(-1, sent.floor(4));
    assertEquals(0, sent.floor(5));
    assertEquals(1, sent.floor(6));
    assertEquals(1, sent.floor(8));
    assertEquals(2, sent.floor(9));
    assertEquals(2, sent.floor(19));
    assertEquals(4, sent.floor(999));
    assertEquals(5, sent.floor(1000));
    assertEquals(5, sent.floor(Long.MAX_VALUE / 2));
  }

  @Test
  void rangesBelowTheOldestRecordAreNotLookedAt() {
    add(10);
    add(20);
    add(30);
    AckFrame ack = new AckFrame();
    ack.reset(0);
    ack.addRange(30, 30);
    ack.addRange(10, 10);
    // No reader produces this one; it shows that the loop has ended before.
    ack.addRange(20, 20);
    assertTrue(sent.markAcked(ack));
    assertTrue(sent.isAcked(0));
    assertTrue(sent.isOutstanding(1));
    assertTrue(sent.isAcked(2));
  }

  @Test
  void clearingGivesTheMemoryBackAndKeepsWorking() {
    for (int i = 0; i < 1000; i++) {
      add(i);
    }
    sent.clear();
    assertTrue(sent.isEmpty());
    add(2000);
    assertEquals(2000, sent.number(sent.first()));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void agreesWithAMap(long seed) {
    Random random = new Random(seed);
    TreeMap<Long, Packet> model = new TreeMap<>();
    long number = random.nextInt(1000);
    for (int step = 0; step < 3000; step++) {
      int burst = random.nextInt(random.nextInt(50) == 0 ? 500 : 10);
      for (int i = 0; i < burst; i++) {
        number += 1 + (random.nextInt(8) == 0 ? random.nextInt(20) : 0);
        Packet packet =
            new Packet(
                random.nextLong(), random.nextInt(1500), random.nextBoolean(), frames(random));
        sent.add(number, packet.nanos, packet.bytes, packet.ackEliciting, false, packet.frames);
        model.put(number, packet);
      }
      acknowledge(random, model, number);
      removeOldest(random, model);
      compare(model);
    }
  }

  private void acknowledge(Random random, NavigableMap<Long, Packet> model, long largest) {
    AckFrame ack = new AckFrame();
    ack.reset(0);
    List<Long> acked = new ArrayList<>();
    long high = largest - random.nextInt(5);
    for (int range = 0; range < 1 + random.nextInt(6) && high >= 0; range++) {
      long low = Math.max(0, high - random.nextInt(40));
      ack.addRange(low, high);
      acked.addAll(model.subMap(low, true, high, true).keySet());
      high = low - 2 - random.nextInt(10);
    }
    assertEquals(!acked.isEmpty(), sent.markAcked(ack));
    if (acked.isEmpty()) {
      return;
    }
    Collections.sort(acked);
    assertEquals(acked.getFirst(), sent.number(sent.lowestMarked()));
    assertEquals(acked.getLast(), sent.number(sent.highestMarked()));
    assertEquals(
        acked.stream().anyMatch(n -> find(model, n).ackEliciting), sent.hasMarkedAckEliciting());
    for (long p = sent.lowestMarked(); p <= sent.highestMarked(); p++) {
      if (sent.isAcked(p)) {
        Packet packet = find(model, sent.number(p));
        assertTrue(acked.remove(sent.number(p)));
        assertFrames(packet.frames, p);
        sent.remove(p);
        model.remove(sent.number(p));
      }
    }
    assertTrue(acked.isEmpty(), () -> "not marked: " + acked);
    sent.trim();
  }

  private void removeOldest(Random random, NavigableMap<Long, Packet> model) {
    int count = random.nextInt(8);
    for (long p = sent.first(); p < sent.end() && count > 0; p++) {
      if (sent.isPresent(p)) {
        sent.remove(p);
        model.remove(sent.number(p));
        count--;
      }
    }
    sent.trim();
  }

  private void compare(NavigableMap<Long, Packet> model) {
    long p = sent.first();
    for (Map.Entry<Long, Packet> entry : model.entrySet()) {
      while (!sent.isPresent(p)) {
        p++;
      }
      assertEquals(entry.getKey(), sent.number(p));
      assertEquals(entry.getValue().nanos, sent.nanos(p));
      assertEquals(entry.getValue().bytes, sent.bytes(p));
      assertEquals(entry.getValue().ackEliciting, sent.isAckEliciting(p));
      assertFrames(entry.getValue().frames, p);
      assertTrue(sent.isOutstanding(p));
      p++;
    }
    for (; p < sent.end(); p++) {
      assertFalse(sent.isPresent(p));
    }
    assertEquals(model.isEmpty(), sent.isEmpty());
  }

  /** None, one as in most packets, or many. */
  private static SentFrames frames(Random random) {
    SentFrames frames = new SentFrames();
    SentFrames.Kind[] kinds = SentFrames.Kind.values();
    int count = random.nextInt(4) == 0 ? random.nextInt(20) : 1;
    for (int i = 0; i < count; i++) {
      frames.add(
          kinds[random.nextInt(kinds.length)],
          random.nextLong(),
          random.nextLong(),
          random.nextLong());
    }
    return frames;
  }

  private void assertFrames(SentFrames expected, long position) {
    sent.readFrames(position, read);
    assertEquals(expected.size(), read.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.kind(i), read.kind(i));
      assertEquals(expected.a(i), read.a(i));
      assertEquals(expected.b(i), read.b(i));
      assertEquals(expected.c(i), read.c(i));
    }
  }

  private static Packet find(NavigableMap<Long, Packet> model, long number) {
    Packet packet = model.get(number);
    assertTrue(packet != null, () -> "no packet " + number);
    return packet;
  }

  private void add(long number) {
    SentFrames frames = new SentFrames();
    frames.add(SentFrames.Kind.PING, number);
    sent.add(number, number * 10, 1200, true, false, frames);
  }
}
