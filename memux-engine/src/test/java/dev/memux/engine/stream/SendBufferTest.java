package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SendBufferTest {
  private final CountedPool counted = new CountedPool(64);
  private final SendBuffer buffer = new SendBuffer(counted.pool);
  private final byte[] packet = new byte[20_000];

  @Test
  void lostBytesAreOfferedAgainUntilSent() {
    write(1000);
    send(0, 400);
    send(400, 600);
    assertFalse(buffer.hasLost());
    buffer.onLost(0, 400);
    assertTrue(buffer.hasLost());
    assertEquals(0, buffer.lostFrom());
    assertEquals(400, buffer.lostTo());
    send(0, 100);
    assertEquals(100, buffer.lostFrom());
    send(100, 300);
    assertFalse(buffer.hasLost());
    assertEquals(1000, buffer.sentTo());
  }

  @Test
  void whatIsAcknowledgedMeanwhileIsNotSentAgain() {
    write(1000);
    send(0, 1000);
    buffer.onAcked(200, 100);
    buffer.onAcked(500, 100);
    buffer.onLost(0, 1000);
    buffer.onAcked(800, 100);
    List<Long> offered = new ArrayList<>();
    while (buffer.hasLost()) {
      long from = buffer.lostFrom();
      offered.add(from);
      offered.add(buffer.lostTo());
      send(from, (int) (buffer.lostTo() - from));
    }
    assertEquals(List.of(0L, 200L, 300L, 500L, 600L, 800L, 900L, 1000L), offered);
  }

  @Test
  void aLossReportedAfterTheAcknowledgementHasNoEffect() {
    write(1000);
    send(0, 1000);
    buffer.onAcked(0, 1000);
    buffer.onLost(0, 1000);
    assertFalse(buffer.hasLost());
    assertTrue(buffer.isAllAcked());
  }

  @Test
  void nothingIsHeldWhenEverythingIsAcknowledged() {
    // An idle stream must not keep a chunk: there may be tens of thousands.
    write(100);
    send(0, 100);
    assertEquals(1, counted.taken());
    buffer.onAcked(0, 100);
    assertEquals(0, counted.taken());
    write(50);
    assertEquals(1, counted.taken());
    send(100, 50);
    buffer.onAcked(100, 50);
    assertEquals(0, counted.taken());
    assertEquals(0, buffer.heldBytes());
  }

  @Test
  void anAcknowledgementOutOfOrderFreesNothingYet() {
    write(3 * ChunkPool.CHUNK_BYTES);
    send(0, 3 * ChunkPool.CHUNK_BYTES);
    buffer.onAcked(ChunkPool.CHUNK_BYTES, 2 * ChunkPool.CHUNK_BYTES);
    assertEquals(0, buffer.ackedTo());
    assertEquals(3, counted.taken());
    buffer.onAcked(0, ChunkPool.CHUNK_BYTES);
    assertEquals(3 * ChunkPool.CHUNK_BYTES, buffer.ackedTo());
    assertEquals(0, counted.taken());
  }

  @Test
  void aPeerThatAcknowledgesEveryOtherPacketCostsLittleTime() {
    // Every loss looking at every acknowledged range would be quadratic: 10^10 steps.
    int count = 100_000;
    SendBuffer large = new SendBuffer(new ChunkPool());
    large.write(new byte[2 * count]);
    byte[] target = new byte[2 * count];
    large.send(0, target, 0, 2 * count);
    for (int i = 0; i < count; i++) {
      large.onAcked(2L * i + 1, 1);
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (int i = 0; i < count; i++) {
            large.onLost(2L * i, 1);
          }
        });
    assertEquals(0, large.lostFrom());
    assertEquals(1, large.lostTo());
  }

  @Test
  void everyByteArrivesWhateverIsLostAndHoweverAcknowledged() {
    for (int seed = 0; seed < 300; seed++) {
      deliver(new Random(seed), "seed " + seed);
    }
    assertEquals(0, counted.taken());
  }

  private record Sent(long offset, int length) {}

  private void deliver(Random random, String seed) {
    SendBuffer sender = new SendBuffer(counted.pool);
    int total = random.nextInt(20_000);
    BitSet received = new BitSet();
    BitSet acked = new BitSet();
    List<Sent> flight = new ArrayList<>();
    List<Sent> spurious = new ArrayList<>();
    while (!sender.isAllAcked() || sender.writtenTo() < total) {
      if (sender.writtenTo() < total && random.nextInt(3) == 0) {
        int length = (int) Math.min(total - sender.writtenTo(), random.nextInt(5000));
        sender.write(Bytes.buffer(sender.writtenTo(), length), length);
      }
      boolean again = sender.hasLost();
      long from = again ? sender.lostFrom() : sender.sentTo();
      long to = again ? sender.lostTo() : sender.writtenTo();
      if (from < to) {
        int length = (int) Math.min(to - from, 1 + random.nextInt(1500));
        if (again) {
          assertTrue(acked.get((int) from, (int) from + length).isEmpty(), seed);
        }
        sender.send(from, packet, 0, length);
        Bytes.assertAt(from, packet, 0, length);
        flight.add(new Sent(from, length));
      }
      for (int i = random.nextInt(4); i > 0 && !flight.isEmpty(); i--) {
        Sent sent = flight.remove(random.nextInt(flight.size()));
        if (random.nextInt(3) == 0) {
          sender.onLost(sent.offset, sent.length);
          if (random.nextInt(3) == 0) {
            spurious.add(sent);
          }
        } else {
          ack(sender, sent, received, acked);
        }
      }
      if (!spurious.isEmpty() && random.nextInt(4) == 0) {
        ack(sender, spurious.removeLast(), received, acked);
      }
      assertEquals(acked.nextClearBit(0), sender.ackedTo(), seed);
    }
    assertEquals(total, received.cardinality(), seed);
    assertFalse(sender.hasLost() && spurious.isEmpty() && flight.isEmpty(), seed);
  }

  private static void ack(SendBuffer sender, Sent sent, BitSet received, BitSet acked) {
    received.set((int) sent.offset, (int) sent.offset + sent.length);
    acked.set((int) sent.offset, (int) sent.offset + sent.length);
    sender.onAcked(sent.offset, sent.length);
  }

  private void write(int length) {
    buffer.write(Bytes.of(buffer.writtenTo(), length));
  }

  private void send(long offset, int length) {
    buffer.send(offset, packet, 5, length);
    Bytes.assertAt(offset, packet, 5, length);
  }
}
