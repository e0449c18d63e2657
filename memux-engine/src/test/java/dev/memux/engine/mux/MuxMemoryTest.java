package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.CountedBudget;
import dev.memux.engine.stream.ReceiveWindow;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** What streams may hold, one by one, all of a connection, all of a process. */
class MuxMemoryTest {
  private static final int CHUNK = ChunkPool.CHUNK_BYTES;
  private static final int MANY = 1 << 20;

  private final CountedBudget budget = new CountedBudget(16 << 20);

  private MuxPair pair(MuxConfig config) {
    return new MuxPair(config, config, new ChunkPool(budget));
  }

  private static MuxConfig roomy() {
    return MuxConfig.DEFAULT
        .withStreams(1000, 1000)
        .withSendBuffers(64 << 10, 64 << 10)
        .withWindows(1 << 20, 16 << 20, 8 << 20, 24 << 20);
  }

  // Sending.

  @Test
  void aStreamTakesNoMoreThanItsBuffer() {
    MuxPair pair = pair(roomy());
    assertEquals(64 << 10, MuxPair.write(pair.server.open(UNIDIRECTIONAL), MANY));
  }

  @Test
  void theStreamsOfAConnectionTakeNoMoreThanItsBound() {
    MuxPair pair = pair(roomy().withMaxSendMemory(200 << 10));
    int total = 0;
    MuxStream last = pair.server.open(UNIDIRECTIONAL);
    for (int i = 0; i < 10; i++) {
      last = pair.server.open(UNIDIRECTIONAL);
      total += MuxPair.write(last, MANY);
    }
    assertEquals(200 << 10, total);
    assertEquals(0, last.writableBytes());
    assertEquals(200 << 10, budget.heldBytes());
    assertFalse(pair.server.mux.isAwaitingMemory(), "its own acknowledgements will do");
  }

  @Test
  void streamsThatWaitAreWokenInTheirOrderAndNoneIsForgotten() throws ProtocolException {
    MuxPair pair = pair(roomy().withMaxSendMemory(128 << 10));
    List<MuxStream> waiting = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      MuxStream stream = pair.server.open(UNIDIRECTIONAL);
      if (MuxPair.write(stream, 64 << 10) < 64 << 10) {
        waiting.add(stream);
      }
    }
    assertEquals(10, waiting.size());
    List<Long> woken = new ArrayList<>();
    // Those that are woken write nothing: what they could have had goes to the next.
    for (int i = 0; i < 1000 && woken.size() < 10; i++) {
      pair.exchange();
      for (MuxStream s = pair.server.mux.pollStream();
          s != null;
          s = pair.server.mux.pollStream()) {
        if ((s.takeEvents() & MuxStream.WRITABLE) != 0) {
          woken.add(s.id());
        }
      }
      drain(pair.client);
    }
    assertEquals(waiting.stream().map(MuxStream::id).toList(), woken);
  }

  private static void drain(MuxPair.Side side) {
    for (MuxStream s = side.mux.pollStream(); s != null; s = side.mux.pollStream()) {
      s.takeEvents();
      if (s.canReceive()) {
        MuxPair.drain(s);
      }
    }
  }

  @Test
  void aStreamThatWaitedGoesOnAfterOthersAreReset() {
    MuxPair pair = pair(roomy().withMaxSendMemory(64 << 10));
    MuxStream hog = pair.server.open(UNIDIRECTIONAL);
    MuxPair.write(hog, MANY);
    MuxStream waiting = pair.server.open(UNIDIRECTIONAL);
    assertEquals(0, MuxPair.write(waiting, 100));
    hog.reset(1);
    assertEquals(List.of("7 WRITABLE"), pair.server.events());
    assertEquals(100, MuxPair.write(waiting, 100));
  }

  @Test
  void aConnectionThatOthersKeepFromMemoryAsksToBeWoken() {
    MuxPair greedy = pair(roomy().withSendBuffers(16 << 20, 16 << 20));
    MuxPair.write(greedy.server.open(UNIDIRECTIONAL), 16 << 20);
    assertEquals(12 << 20, budget.heldBytes(), "three quarters");
    MuxPair late = pair(roomy());
    MuxStream stream = late.server.open(UNIDIRECTIONAL);
    assertEquals(0, MuxPair.write(stream, 100));
    assertEquals(0, stream.writableBytes());
    assertTrue(late.server.mux.isAwaitingMemory());
    greedy.server.mux.release();
    assertEquals(0, budget.heldBytes());
    late.server.mux.onMemoryAvailable();
    assertEquals(List.of("3 WRITABLE"), late.server.events());
    assertFalse(late.server.mux.isAwaitingMemory());
    assertEquals(100, MuxPair.write(stream, 100));
  }

  // Receiving.

  @Test
  void sparseDataHoldsNoMoreThanCreditAndTwoChunksAStream() throws ProtocolException {
    MuxConfig config = MuxPair.config(64 << 10, 256 << 10, 0, 500);
    MuxPair pair = pair(config);
    byte[] one = new byte[1];
    // Every stream a byte of each chunk, until credit ends.
    long credit = config.connectionWindowBytes();
    for (long id = 2; credit > 0 && id < 2000; id += 4) {
      for (long at = 0; at < (64 << 10) && credit > CHUNK; at += CHUNK) {
        pair.server.mux.onStream(id, at, one, 0, 1, false);
        credit -= at == 0 ? 1 : CHUNK;
      }
    }
    // And as many streams as there may be with a byte alone.
    for (long id = 2; id < 2000 && credit > 0; id += 4, credit--) {
      pair.server.mux.onStream(id, 0, one, 0, 1, false);
    }
    long bound =
        config.connectionWindowBytes() + config.maxUniStreams() * MuxConfig.RECEIVE_OVERHEAD_BYTES;
    assertTrue(budget.mostBytes() <= bound, budget.mostBytes() + " of " + bound);
    assertTrue(budget.mostBytes() > config.connectionWindowBytes() / 2);
  }

  @Test
  void nobodyGrowsAWindowWhileMemoryIsScarce() throws ProtocolException {
    budget.add(budget.maxBytes() * 5 / 8);
    MuxPair pair =
        pair(
            MuxPair.config(64 << 10, 64 << 10, 1, 1)
                .withWindows(64 << 10, 16 << 20, 64 << 10, 16 << 20));
    assertEquals(64 << 10, pump(pair));
    budget.add(-budget.maxBytes() * 5 / 8);
    assertTrue(pump(pair) > 256 << 10);
    budget.add(budget.maxBytes() * 13 / 16);
    assertEquals(ReceiveWindow.FLOOR_BYTES, pump(pair));
  }

  /** Sends a lot, read at once; returns the window that this leads to. */
  private static long pump(MuxPair pair) throws ProtocolException {
    MuxStream out = pair.client.mux.stream(2);
    out = out == null ? pair.client.open(UNIDIRECTIONAL) : out;
    pair.client.mux.onPath(1_000_000_000, 1 << 20);
    pair.server.mux.onPath(1_000_000_000, 1 << 20);
    for (int i = 0; i < 200; i++) {
      MuxPair.write(out, 64 << 10);
      pair.exchange();
      MuxStream in = pair.server.mux.stream(2);
      assertNotNull(in);
      MuxPair.drain(in);
    }
    MuxStream in = pair.server.mux.stream(2);
    assertNotNull(in);
    assertNotNull(in.recv());
    return in.recv().window().windowBytes();
  }

  @Test
  void dataBeyondTheEndOfMemoryClosesWhoHoldsMoreThanItsShare() throws ProtocolException {
    // RFC 9000 §20.1: the last resort; the data lies within credit and cannot be dropped.
    budget.addConnections(4);
    MuxPair pair = pair(roomy());
    byte[] data = new byte[MANY];
    for (long id = 2; id < 2 + 4 * 5; id += 4) {
      pair.server.mux.onStream(id, 0, data, 0, MANY, false);
    }
    budget.add(budget.maxBytes() * 7 / 8 - budget.heldBytes());
    MuxPair modest = pair(roomy());
    modest.server.mux.onStream(2, 0, data, 0, 100, false);
    ProtocolException e =
        assertThrows(
            ProtocolException.class, () -> pair.server.mux.onStream(102, 0, data, 0, 100, false));
    assertEquals(TransportError.INTERNAL_ERROR, e.code());
    modest.server.mux.onStream(6, 0, data, 0, 100, false);
  }

  @Test
  void everythingComesBack() throws ProtocolException {
    MuxPair pair = pair(roomy());
    for (int i = 0; i < 20; i++) {
      MuxStream ours = pair.server.open(BIDIRECTIONAL);
      MuxPair.write(ours, 50_000);
      MuxPair.write(pair.client.open(BIDIRECTIONAL), 50_000);
    }
    pair.exchange();
    assertTrue(budget.heldBytes() >= 20 * 50_000);
    pair.server.mux.release();
    assertEquals(0, budget.heldBytes());
  }

  // Many connections.

  @Test
  void twoHundredSlowReadersStayBelowTheCap() throws ProtocolException {
    List<MuxPair> pairs = new ArrayList<>();
    Queue<MuxPair> waiting = new ArrayDeque<>();
    byte[] data = new byte[300_000];
    long demand = 0;
    for (int i = 0; i < 200; i++) {
      budget.addConnections(1);
      MuxConfig config = roomy().withSendBuffers(256 << 10, 256 << 10).under(budget.pressure());
      MuxPair pair = new MuxPair(roomy(), config, new ChunkPool(budget));
      pairs.add(pair);
      // The server has more to say than its client reads, and its application does not read.
      for (int n = 0; n < 4; n++) {
        pair.server.open(UNIDIRECTIONAL).write(ByteBuffer.wrap(data));
        pair.client.open(UNIDIRECTIONAL).write(ByteBuffer.wrap(data));
        demand += 2L * data.length;
      }
      if (pair.server.mux.isAwaitingMemory()) {
        waiting.add(pair);
      }
      deliver(pair.client);
    }
    assertTrue(demand > 25 * budget.maxBytes());
    assertTrue(budget.mostBytes() <= budget.maxBytes() + CHUNK, "most " + budget.mostBytes());
    assertTrue(waiting.size() > 100, waiting.size() + " wait");
    // They begin to read, and each server gets its turn.
    int served = 0;
    for (MuxPair pair : pairs) {
      pair.exchange();
      drain(pair.client);
      drain(pair.server);
      pair.exchange();
      for (MuxPair next = waiting.poll(); next != null; next = waiting.poll()) {
        next.server.mux.onMemoryAvailable();
        if (next.server.mux.isAwaitingMemory()) {
          waiting.add(next);
          break;
        }
        served++;
      }
    }
    assertTrue(waiting.isEmpty(), waiting.size() + " still wait, " + served + " were served");
    assertTrue(budget.mostBytes() <= budget.maxBytes() + CHUNK);
  }

  /** Delivers what a side may send; whose peer has no memory left is closed, and holds none. */
  private static void deliver(MuxPair.Side side) {
    try {
      for (MuxPair.Packet p = side.transmit(MuxPair.PACKET);
          p != null;
          p = side.transmit(MuxPair.PACKET)) {
        p.deliver();
      }
    } catch (ProtocolException e) {
      assertEquals(TransportError.INTERNAL_ERROR, e.code());
      side.peer().mux.release();
    }
  }
}
