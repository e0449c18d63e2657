package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamSource;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections in streams of others: who goes next inside is decided when the stream goes next. */
class NestedConnectionsTest {
  private static final int WINDOW_BYTES = 16 << 20;
  private static final int RECORD_BYTES = 2_000;
  private static final QmuxConfig ROOMY =
      QmuxConfig.DEFAULT.withMux(
          MuxConfig.DEFAULT
              .withWindows(WINDOW_BYTES, WINDOW_BYTES, WINDOW_BYTES, WINDOW_BYTES)
              .withStreams(100, 100));

  /** One end of a connection in a stream. */
  private static final class End implements StreamSource {
    final QmuxConnection connection;
    final MuxStream stream;

    End(QmuxConnection connection, MuxStream stream) {
      this.connection = connection;
      this.stream = stream;
      stream.carry(this);
    }

    @Override
    public boolean hasPending() {
      return connection.hasPending();
    }

    @Override
    public int fill(byte[] target, int preferredBytes, long nowNanos) {
      connection.preferRecordBytes(Math.max(preferredBytes - 2, QmuxConnection.MIN_TRANSMIT_BYTES));
      return connection.transmit(target, 0, MAX_RECORD_BYTES, nowNanos);
    }

    @Override
    public boolean isEnded() {
      return connection.isOutputEnded();
    }

    /** Takes in what the stream has brought, and says that there may be something for it. */
    void turn() {
      ByteBuffer target = ByteBuffer.allocate(64 << 10);
      for (int n; (n = stream.read(target.clear())) > 0; ) {
        connection.receive(target.array(), 0, n, 0);
      }
      while (connection.pollEvent() != null) {}
      stream.onSourceChanged();
    }

    MuxStream open(int urgency) {
      MuxStream opened =
          connection.mux().open(StreamType.BIDIRECTIONAL, new Priority(urgency, true));
      assertTrue(opened != null, "the peer's limit is reached");
      return opened;
    }
  }

  /** Both ends of a connection in a stream of another one. */
  private record Nested(End near, End far) {
    static Nested in(QmuxConnection nearBelow, QmuxConnection farBelow, Runnable exchange) {
      QmuxEndpoint endpoint = new QmuxEndpoint(ROOMY, MemoryBudget.UNLIMITED);
      MuxStream stream = nearBelow.mux().open(StreamType.BIDIRECTIONAL, new Priority(3, true));
      End near = new End(endpoint.connect(0), stream);
      near.turn();
      exchange.run();
      MuxStream remote = farBelow.mux().stream(stream.id());
      assertTrue(remote != null, "it has arrived");
      Nested nested = new Nested(near, new End(endpoint.accept(0), remote));
      for (int i = 0; i < 4; i++) {
        nested.turn();
        exchange.run();
      }
      assertTrue(near.connection.peerParameters() != null, "established");
      return nested;
    }

    void turn() {
      near.turn();
      far.turn();
    }
  }

  private final QmuxPair pair = QmuxPair.established(ROOMY);
  private final List<Nested> all = new ArrayList<>();

  private Nested nested() {
    Nested nested = Nested.in(pair.client.connection, pair.server.connection, pair::settle);
    all.add(nested);
    return nested;
  }

  /** One record of the outermost connection, and what follows from it. */
  private void sendRecord() {
    pair.client.connection.preferRecordBytes(RECORD_BYTES);
    byte[] record = pair.client.transmit();
    assertTrue(record != null, "there is something to send");
    pair.server.receive(record);
    all.forEach(Nested::turn);
    while (pair.server.flush()) {
      all.forEach(Nested::turn);
    }
  }

  private static void fill(MuxStream stream) {
    stream.write(ByteBuffer.allocate(1 << 20));
  }

  private static long received(End end) {
    return end.stream.receivedBytes();
  }

  @Test
  void whatIsUrgentInsideTakesNothingFromOthersOutside() {
    Nested greedy = nested();
    Nested modest = nested();
    List<MuxStream> claims = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      claims.add(greedy.near.open(0));
    }
    claims.add(modest.near.open(7));
    claims.forEach(NestedConnectionsTest::fill);
    long greedyBefore = 0;
    long modestBefore = 0;
    for (int records = 1; records <= 800; records++) {
      all.forEach(Nested::turn);
      sendRecord();
      claims.forEach(NestedConnectionsTest::fill);
      if (records == 400) {
        greedyBefore = received(greedy.far);
        modestBefore = received(modest.far);
      }
    }
    long greedyBytes = received(greedy.far) - greedyBefore;
    long modestBytes = received(modest.far) - modestBefore;
    assertTrue(greedyBytes + modestBytes > 700_000, greedyBytes + " and " + modestBytes);
    assertTrue(
        Math.abs(greedyBytes - modestBytes) <= 2 * RECORD_BYTES,
        greedyBytes + " and " + modestBytes);
  }

  @Test
  void groupsOutsideShareByTheirWeightsWhateverIsClaimedInside() {
    Nested greedy = nested();
    Nested modest = nested();
    greedy.near.stream.setGroup(pair.client.connection.mux().addGroup(1));
    modest.near.stream.setGroup(pair.client.connection.mux().addGroup(3));
    List<MuxStream> claims = List.of(greedy.near.open(0), modest.near.open(7));
    for (int records = 0; records < 1_000; records++) {
      claims.forEach(NestedConnectionsTest::fill);
      all.forEach(Nested::turn);
      sendRecord();
    }
    double share = (double) received(modest.far) / received(greedy.far);
    assertTrue(share > 2.85 && share < 3.15, "3 times as much, within 5 %: " + share);
  }

  @Test
  void whatBecomesUrgentInsideGoesInTheNextRecord() {
    Nested nested = nested();
    Nested inner =
        Nested.in(
            nested.near.connection,
            nested.far.connection,
            () -> {
              nested.turn();
              pair.settle();
              nested.turn();
              pair.settle();
            });
    MuxStream bulk = inner.near.open(5);
    fill(bulk);
    for (int i = 0; i < 20; i++) {
      inner.turn();
      nested.turn();
      sendRecord();
    }
    MuxStream urgent = inner.near.open(0);
    urgent.write(ByteBuffer.allocate(100));
    inner.turn();
    nested.turn();
    sendRecord();
    inner.turn();
    MuxStream arrived = inner.far.connection.mux().stream(urgent.id());
    assertTrue(arrived != null && arrived.readableBytes() == 100, "it has overtaken the rest");
  }

  /** QMux §9: what waits deep inside is all that waits; the levels above hold none of it. */
  @Test
  void nothingWaitsInBetween() {
    Nested nested = nested();
    Nested inner =
        Nested.in(
            nested.near.connection,
            nested.far.connection,
            () -> {
              nested.turn();
              pair.settle();
              nested.turn();
              pair.settle();
            });
    fill(inner.near.open(3));
    inner.turn();
    nested.turn();
    assertTrue(inner.near.connection.mux().heldBytes() > 200_000, "written, and not sent");
    for (int i = 0; i < 20; i++) {
      assertEquals(0, nested.near.connection.mux().heldBytes());
      assertEquals(0, pair.client.connection.mux().heldBytes());
      sendRecord();
    }
  }

  /** RFC 9000 §4.1: a peer that reads nothing makes each level above keep a record at most. */
  @Test
  void aPeerThatDoesNotReadTheStreamHoldsUpOneRecord() {
    QmuxConfig narrow =
        ROOMY.withMux(ROOMY.mux().withWindows(20_000, 20_000, WINDOW_BYTES, WINDOW_BYTES));
    QmuxPair tight = QmuxPair.established(narrow);
    Nested nested = Nested.in(tight.client.connection, tight.server.connection, tight::settle);
    fill(nested.near.open(3));
    nested.near.turn();
    while (tight.client.flush()) {
      nested.near.turn(); // the far end does not read
    }
    assertTrue(
        tight.client.connection.mux().heldBytes() <= StreamSource.MAX_RECORD_BYTES + 4096,
        tight.client.connection.mux().heldBytes() + " bytes");
    assertTrue(tight.client.connection.mux().heldBytes() > 0, "held up");
    for (int i = 0; i < 1_000; i++) {
      nested.turn();
      tight.settle();
    }
    assertEquals(0, nested.near.connection.mux().heldBytes());
  }
}
