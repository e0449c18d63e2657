package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxPair.Packet;
import dev.memux.engine.mux.MuxPair.Side;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two ends do whatever applications may do, over packets that are lost, repeated, reordered, and
 * taken for lost although they arrived. Every byte comes once, in order; every event comes once;
 * all streams end; all credit comes back.
 */
class MuxModelTest {
  private static final int SEEDS = 1000;

  @Test
  void everyByteArrivesOnceAndAllCreditComesBack() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      long stream = 1L + random.nextInt(random.nextBoolean() ? 100 : 5_000);
      long connection = 1L + random.nextInt(random.nextBoolean() ? 200 : 10_000);
      MuxConfig config =
          MuxPair.config(stream, connection, 1 + random.nextInt(8), 1 + random.nextInt(8));
      run(seed, random, config, random.nextInt(12), 2_000);
    }
  }

  @Test
  void tenThousandStreamsLeakNoCreditAndNoStream() {
    // A byte of credit leaked by every hundredth stream would stop the connection.
    run(-1, new Random(1), MuxPair.config(700, 2_000, 20, 20), 10_000, 600);
  }

  @Test
  void windowsThatGrowLeakNothingEither() {
    for (int seed = 0; seed < 200; seed++) {
      MuxConfig config = MuxConfig.DEFAULT.withWindows(50, 4_000, 100, 8_000).withStreams(4, 4);
      run(seed, new Random(seed), config, 20, 8_000);
    }
  }

  private static void run(int seed, Random random, MuxConfig config, int streams, int maxBytes) {
    try {
      new Run(random, config, streams, maxBytes).run();
    } catch (ProtocolException | AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }

  /** What an application knows of a stream. */
  private static final class AppStream {
    final MuxStream stream;
    final int toWrite;
    int written;
    int read;
    boolean finished;
    boolean reset;
    boolean stopped;
    boolean sawEnd;
    boolean mayRead;
    int seen;

    AppStream(MuxStream stream, int toWrite) {
      this.stream = stream;
      this.toWrite = toWrite;
    }

    @Override
    public String toString() {
      return stream.id() + MuxPair.names(seen) + (mayRead ? " may read" : "");
    }
  }

  private static final class Run {
    private final Random random;
    private final MuxPair pair;
    private final MuxConfig config;
    private final int streams;
    private final int maxBytes;
    private final List<Packet> network = new ArrayList<>();
    private final List<Packet> spurious = new ArrayList<>();
    private final Map<Side, Map<Long, AppStream>> apps = new HashMap<>();
    private final Map<Side, List<AppStream>> live = new HashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 14);
    private int opened;
    private boolean healed;

    Run(Random random, MuxConfig config, int streams, int maxBytes) {
      this.random = random;
      this.config = config;
      this.streams = streams;
      this.maxBytes = maxBytes;
      pair = new MuxPair(config);
      for (Side side : List.of(pair.client, pair.server)) {
        apps.put(side, new HashMap<>());
        live.put(side, new ArrayList<>());
      }
    }

    void run() throws ProtocolException {
      int idle = 0;
      while (true) {
        pair.nowNanos += random.nextInt(20_000_000);
        boolean busy = false;
        for (Side side : List.of(pair.client, pair.server)) {
          side.mux.onPath(10_000_000L + random.nextInt(50_000_000), 2_000);
          open(side);
          events(side);
          act(side);
          busy |= transmit(side);
        }
        busy |= carry();
        idle = busy ? 0 : idle + 1;
        healed = opened == streams;
        if (healed && !busy && live.values().stream().allMatch(List::isEmpty)) {
          break;
        }
        assertTrue(idle < 2_000, () -> "stalled with " + opened + " streams opened: " + live);
      }
      check();
    }

    private void open(Side side) {
      if (opened < streams && random.nextInt(3) == 0) {
        StreamType type = StreamType.values()[random.nextInt(2)];
        long openable = side.mux.openable(type);
        MuxStream stream = side.mux.open(type, priority());
        assertEquals(openable > 0, stream != null);
        if (stream != null) {
          opened++;
          add(side, stream);
        }
      }
    }

    private Priority priority() {
      return new Priority(random.nextInt(8), random.nextBoolean());
    }

    private AppStream add(Side side, MuxStream stream) {
      AppStream app = new AppStream(stream, stream.canSend() ? random.nextInt(maxBytes) : 0);
      assertTrue(apps.get(side).put(stream.id(), app) == null);
      live.get(side).add(app);
      return app;
    }

    private void events(Side side) {
      for (MuxStream s = side.mux.pollStream(); s != null; s = side.mux.pollStream()) {
        int events = s.takeEvents();
        assertTrue(events != 0, "an event without events");
        AppStream app = apps.get(side).get(s.id());
        if (app == null) {
          assertTrue((events & MuxStream.OPENED) != 0 && !s.isLocal());
          app = add(side, s);
        } else {
          assertEquals(0, events & MuxStream.OPENED);
        }
        assertEquals(0, app.seen & MuxStream.CLOSED, "nothing follows CLOSED");
        int once = MuxStream.RESET | MuxStream.STOPPED | MuxStream.SENT;
        assertEquals(0, app.seen & events & once, "twice: " + MuxPair.names(events));
        app.seen |= events;
        app.mayRead |= (events & MuxStream.READABLE) != 0;
        if ((events & MuxStream.STOPPED) != 0) {
          app.reset = true;
          assertTrue(s.stopCode() >= 0);
          assertFalse(s.isWritable());
        }
        if ((events & MuxStream.RESET) != 0) {
          assertTrue(s.resetCode() >= 0);
        }
        if (random.nextInt(8) == 0) {
          s.setPriority(priority());
        }
      }
    }

    private void act(Side side) {
      List<AppStream> all = live.get(side);
      for (int i = all.size() - 1; i >= 0; i--) {
        AppStream app = all.get(i);
        if (random.nextInt(3) != 0) {
          continue;
        }
        write(app);
        read(app);
        if (!healed || streams > 100) {
          giveUp(app);
        }
        if ((app.seen & MuxStream.CLOSED) != 0 && !app.mayRead) {
          all.remove(i);
        }
      }
    }

    private void write(AppStream app) {
      if (!app.stream.isWritable()) {
        return;
      }
      int length = Math.min(app.toWrite - app.written, random.nextInt(3_000));
      int room = app.stream.writableBytes();
      int taken = app.stream.write(MuxPair.data(app.stream.id(), app.written, length));
      assertEquals(Math.min(room, length), taken);
      app.written += taken;
      if (app.written == app.toWrite && random.nextInt(3) != 0) {
        app.stream.finish();
        app.finished = true;
      }
    }

    private void read(AppStream app) {
      if (!app.mayRead || random.nextInt(3) == 0) {
        return;
      }
      int readable = app.stream.readableBytes();
      buffer.clear().limit(1 + random.nextInt(buffer.capacity() - 1));
      int n = app.stream.read(buffer);
      assertEquals(Math.min(readable, buffer.limit()), Math.max(n, 0));
      for (int i = 0; i < n; i++) {
        assertEquals(MuxPair.at(app.stream.id(), app.read + i), buffer.get(i));
      }
      app.read += Math.max(n, 0);
      if (n <= 0) {
        app.mayRead = false;
        app.sawEnd |= n < 0 && app.stream.isFinished();
      }
    }

    private void giveUp(AppStream app) {
      if (app.stream.canSend() && random.nextInt(60) == 0) {
        app.reset = true;
        app.stream.reset(random.nextInt(100));
      }
      if (app.stream.canReceive() && random.nextInt(60) == 0) {
        app.stopped = true;
        app.stream.stopSending(random.nextInt(100));
      }
    }

    private boolean transmit(Side side) throws ProtocolException {
      boolean any = false;
      for (int i = random.nextInt(5); i > 0; i--) {
        Packet packet = side.transmit(40 + random.nextInt(MuxPair.PACKET - 40));
        if (packet != null) {
          network.add(packet);
          any = true;
        }
      }
      return any || side.mux.hasPending();
    }

    private boolean carry() throws ProtocolException {
      boolean any = !network.isEmpty() || !spurious.isEmpty();
      for (int i = random.nextInt(8); i > 0 && !network.isEmpty(); i--) {
        Packet packet = network.remove(random.nextInt(Math.min(network.size(), 6)));
        int fate = healed && streams < 100 ? 99 : random.nextInt(100);
        if (fate < 15) {
          packet.lose();
        } else if (fate < 20) {
          packet.lose(); // a probe: it is still under way
          network.add(packet);
        } else if (fate < 25) {
          packet.deliver();
          packet.lose();
          spurious.add(packet);
        } else {
          packet.deliver();
          if (fate < 35) {
            packet.deliver();
          }
          packet.acknowledge();
        }
      }
      if (!spurious.isEmpty() && random.nextInt(4) == 0) {
        Packet packet = spurious.remove(random.nextInt(spurious.size()));
        if (random.nextBoolean()) {
          packet.acknowledge();
        }
      }
      return any;
    }

    private void check() {
      for (Side side : List.of(pair.client, pair.server)) {
        assertEquals(0, side.mux.streamCount(), "streams left");
        assertFalse(side.mux.hasPending());
        for (AppStream app : apps.get(side).values()) {
          assertTrue((app.seen & MuxStream.CLOSED) != 0);
          AppStream other = apps.get(side.peer()).get(app.stream.id());
          assertTrue(other != null, "an end of the stream is unknown to its application");
          checkDirection(app, other);
        }
        checkCredit(side);
        for (StreamType type : StreamType.values()) {
          long most =
              type == StreamType.BIDIRECTIONAL ? config.maxBidiStreams() : config.maxUniStreams();
          long openable = side.mux.openable(type);
          assertTrue(openable <= most && openable > most / 2, "openable " + openable);
        }
      }
    }

    private static void checkDirection(AppStream from, AppStream to) {
      if (!from.stream.canSend()) {
        return;
      }
      assertTrue((from.seen & MuxStream.SENT) != 0);
      assertTrue(to.read <= from.written);
      if (to.sawEnd) {
        assertTrue(from.finished);
        assertEquals(from.written, to.read);
      }
      if (!from.reset && !to.stopped) {
        assertTrue(from.finished && to.sawEnd, "neither finished nor given up");
      }
    }

    /** RFC 9000 §4.1, §4.5: what the peer may still send, from what went over the wire. */
    private void checkCredit(Side sender) {
      Map<Long, Long> highest = new HashMap<>();
      for (String line : sender.log) {
        String[] words = line.split("[ +]", -1);
        long reach =
            switch (words[0]) {
              case "STREAM" -> Long.parseLong(words[2]) + Long.parseLong(words[3]);
              case "RESET_STREAM" -> Long.parseLong(words[3]);
              default -> 0;
            };
        if (reach > 0) {
          highest.merge(Long.parseLong(words[1]), reach, Math::max);
        }
      }
      long sent = highest.values().stream().mapToLong(Long::longValue).sum();
      long limit = config.connectionWindowBytes();
      for (String line : sender.peer().log) {
        if (line.startsWith("MAX_DATA")) {
          limit = Math.max(limit, Long.parseLong(line.substring(9)));
        }
      }
      assertTrue(limit - sent <= config.maxConnectionWindowBytes(), "credit given twice");
      assertTrue(limit - sent > (config.connectionWindowBytes() - 1) / 2, "credit lost");
    }
  }
}
