package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client and a server over a layer below that takes everything and delivers it at once. */
final class QmuxPair {
  static final int ROOM = 1 << 16;

  final Side client;
  final Side server;
  long nowNanos = 1_000_000_000;

  final class Side {
    final QmuxEndpoint endpoint;
    final QmuxConnection connection;
    final List<ConnectionEvent> events = new ArrayList<>();

    /** Lengths of all records sent. */
    final List<Integer> records = new ArrayList<>();

    private boolean toldOutputEnded;

    Side(QmuxEndpoint endpoint, QmuxConnection connection) {
      this.endpoint = endpoint;
      this.connection = connection;
    }

    Side peer() {
      return this == client ? server : client;
    }

    /** The next record, null if there is none. */
    byte @Nullable [] transmit() {
      byte[] out = new byte[ROOM];
      int length = connection.transmit(out, 0, ROOM, nowNanos);
      if (length == 0) {
        return null;
      }
      records.add(length);
      return java.util.Arrays.copyOf(out, length);
    }

    void receive(byte[] bytes) {
      connection.receive(bytes, 0, bytes.length, nowNanos);
      pollEvents();
    }

    void pollEvents() {
      for (ConnectionEvent e = connection.pollEvent(); e != null; e = connection.pollEvent()) {
        events.add(e);
      }
    }

    /** Sends what there is to the peer; whether there was anything. */
    boolean flush() {
      boolean any = false;
      for (byte[] record = transmit(); record != null; record = transmit()) {
        peer().receive(record);
        any = true;
      }
      if (connection.isOutputEnded() && !toldOutputEnded) {
        toldOutputEnded = true;
        peer().connection.onInputEnded(nowNanos);
        any = true;
      }
      pollEvents();
      peer().pollEvents();
      return any;
    }

    MuxStream open(StreamType type) {
      MuxStream stream = connection.mux().open(type, Priority.DEFAULT_INCREMENTAL);
      assertTrue(stream != null, "the peer's limit is reached");
      return stream;
    }

    /** Why it ended; only after it has. */
    CloseReason closeReason() {
      return events.stream()
          .filter(ConnectionEvent.Closed.class::isInstance)
          .map(e -> ((ConnectionEvent.Closed) e).reason())
          .findFirst()
          .orElseThrow(() -> new AssertionError("open: " + events));
    }
  }

  QmuxPair(QmuxConfig config) {
    this(config, config);
  }

  QmuxPair(QmuxConfig clientConfig, QmuxConfig serverConfig) {
    QmuxEndpoint connecting = new QmuxEndpoint(clientConfig, MemoryBudget.UNLIMITED);
    QmuxEndpoint accepting = new QmuxEndpoint(serverConfig, MemoryBudget.UNLIMITED);
    client = new Side(connecting, connecting.connect(nowNanos));
    server = new Side(accepting, accepting.accept(nowNanos));
  }

  /** A pair whose transport parameters have been exchanged. */
  static QmuxPair established(QmuxConfig config) {
    return new QmuxPair(config).settle();
  }

  /** Sends and receives until both are silent. */
  QmuxPair settle() {
    for (int i = 0; i < 100_000; i++) {
      if (!client.flush() && !server.flush()) {
        return this;
      }
    }
    throw new AssertionError("never silent");
  }

  static ByteBuffer text(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }

  /** Reads what is there. */
  static String read(MuxStream stream) {
    ByteBuffer target = ByteBuffer.allocate(1 << 20);
    while (stream.read(target) > 0) {}
    return StandardCharsets.UTF_8.decode(target.flip()).toString();
  }
}
