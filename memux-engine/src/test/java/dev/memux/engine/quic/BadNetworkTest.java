package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.tls.CipherSuite;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Everything arrives over a network that loses, delays, reorders, repeats and damages. */
class BadNetworkTest {
  private static final int SEEDS = Integer.getInteger("memux.network.seeds", 40);
  private static final long FIRST_SEED = Long.getLong("memux.network.seed", 1);
  private static final int STREAMS = 5;
  private static final int STREAM_BYTES = 40_000;
  private static final long PATIENCE_NANOS = 300 * ConnectedPair.SECOND;

  private record Datagram(long atNanos, long order, boolean toServer, byte[] bytes) {}

  private static final class Network {
    final Random random;
    final ConnectedPair pair;
    final PriorityQueue<Datagram> underway =
        new PriorityQueue<>(
            Comparator.comparingLong(Datagram::atNanos).thenComparingLong(Datagram::order));
    private final int lossPercent;
    private final long jitterMillis;
    private long order;
    private int turns;

    Network(long seed) {
      random = new Random(seed);
      lossPercent = random.nextInt(35);
      jitterMillis = random.nextInt(60);
      int clientBytes = 1200 + random.nextInt(4) * 300;
      int serverBytes = 1200 + random.nextInt(4) * 3000;
      QuicConfig config = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(PATIENCE_NANOS);
      CipherSuite[] suites = CipherSuite.values();
      config = config.withMaxIdleTimeoutNanos(PATIENCE_NANOS);
      pair =
          new ConnectedPair(
              config.withMaxDatagramBytes(clientBytes),
              config.withMaxDatagramBytes(serverBytes),
              ConnectedPair.clientTls("test"),
              ConnectedPair.serverTls("test", 1 + random.nextInt(15))
                  .cipherSuites(suites[random.nextInt(suites.length)])
                  .build());
      pair.toServer = d -> carry(true, d);
      pair.toClient = d -> carry(false, d);
    }

    private boolean carry(boolean toServer, byte[] datagram) {
      int copies = random.nextInt(100) < lossPercent ? 0 : random.nextInt(100) < 10 ? 2 : 1;
      for (int i = 0; i < copies; i++) {
        byte[] bytes = datagram.clone();
        if (random.nextInt(100) < 3) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        long delayMillis = 5 + random.nextLong(jitterMillis + 1);
        long at = pair.now + delayMillis * ConnectedPair.MILLI;
        underway.add(new Datagram(at, order++, toServer, bytes));
      }
      return false;
    }

    /** Lets time pass until the next thing happens. */
    void step() {
      pair.settle();
      long next = Math.min(pair.client.deadlineNanos(), Long.MAX_VALUE);
      if (pair.hasServer()) {
        next = Math.min(next, pair.server().deadlineNanos());
      }
      Datagram first = underway.peek();
      if (first != null && first.atNanos() <= next) {
        underway.remove();
        pair.now = Math.max(pair.now, first.atNanos());
        deliver(first);
        return;
      }
      turns = next > pair.now ? 0 : turns + 1;
      assertTrue(turns < 10, "a deadline that passed stays: a driver would spin");
      pair.now = Math.max(pair.now, next);
      pair.client.onTimeout(pair.now);
      if (pair.hasServer()) {
        pair.server().onTimeout(pair.now);
      }
    }

    private void deliver(Datagram datagram) {
      byte[] bytes = datagram.bytes();
      if (datagram.toServer()) {
        pair.sendToServer(bytes);
      } else {
        pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, bytes, 0, bytes.length, pair.now);
      }
    }
  }

  @Test
  void allBytesArriveAndBothEndsEnd() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      try {
        run(seed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("-Dmemux.network.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
  }

  private static void run(long seed) {
    Network network = new Network(seed);
    ConnectedPair pair = network.pair;
    long giveUp = pair.now + PATIENCE_NANOS;
    while (pair.client.mux().openable(StreamType.BIDIRECTIONAL) == 0 || !pair.hasServer()) {
      network.step();
      assertTrue(pair.now < giveUp, "no handshake");
    }
    byte[][] data = new byte[STREAMS][STREAM_BYTES];
    MuxStream[] out = new MuxStream[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
      network.random.nextBytes(data[i]);
      MuxStream stream = pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
      assertNotNull(stream);
      out[i] = stream;
      assertEquals(STREAM_BYTES, stream.write(ByteBuffer.wrap(data[i])));
      stream.finish();
    }
    ByteBuffer[] echoed = new ByteBuffer[STREAMS];
    boolean[] answered = new boolean[STREAMS];
    boolean[] ended = new boolean[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
      echoed[i] = ByteBuffer.allocate(STREAM_BYTES + 1);
    }
    while (!allEnded(ended)) {
      network.step();
      assertTrue(pair.client.isOpen() && pair.server().isOpen(), "ended too early");
      echo(pair, answered);
      for (int i = 0; i < STREAMS; i++) {
        ended[i] |= out[i].read(echoed[i]) < 0;
      }
      assertTrue(pair.now < giveUp, "not all has arrived");
    }
    for (int i = 0; i < STREAMS; i++) {
      assertEquals(ByteBuffer.wrap(data[i]), echoed[i].flip());
    }
    pair.client.close(0, "", pair.now);
    while (!pair.client.isTerminated() || !pair.server().isTerminated()) {
      network.step();
    }
    assertNotNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.clientEndpoint.forget(pair.client);
    pair.serverEndpoint.forget(pair.server());
    assertEquals(0, pair.clientEndpoint.connectionIdCount());
  }

  private static boolean allEnded(boolean[] ended) {
    for (boolean e : ended) {
      if (!e) {
        return false;
      }
    }
    return true;
  }

  /** The server sends back what comes. */
  private static void echo(ConnectedPair pair, boolean[] answered) {
    for (int i = 0; i < STREAMS; i++) {
      MuxStream in = pair.server().mux().stream(4L * i);
      if (in == null) {
        continue;
      }
      ByteBuffer chunk = ByteBuffer.allocate(2000);
      int read = in.read(chunk);
      while (read > 0) {
        assertEquals(read, in.write(chunk.flip()));
        read = in.read(chunk.clear());
      }
      if (read < 0 && !answered[i]) {
        answered[i] = true;
        in.finish();
      }
    }
  }
}
