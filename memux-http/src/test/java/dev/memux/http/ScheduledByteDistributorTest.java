package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.SchedulerConfig;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.StreamByteDistributor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose DATA goes next on HTTP/2 (RFC 9218 §10), and what flow control has to do with it. */
final class ScheduledByteDistributorTest {
  private static final int FRAME = ScheduledByteDistributor.MAX_FRAME_BYTES;

  private final Http2Connection connection = new DefaultHttp2Connection(true);
  private long room = Long.MAX_VALUE;
  private final ScheduledByteDistributor distributor =
      new ScheduledByteDistributor(connection, SchedulerConfig.DEFAULT, () -> room);
  private final Map<Integer, Body> bodies = new LinkedHashMap<>();
  private final List<String> log = new ArrayList<>();

  /** What a flow controller holds for a stream. */
  private final class Body implements StreamByteDistributor.StreamState {
    private final Http2Stream stream;
    private long pending;
    private int emptyFrames;
    private int window = Integer.MAX_VALUE;
    private boolean stuck;
    private boolean closesWhenEmpty;

    Body(int streamId) throws Http2Exception {
      stream = connection.remote().createStream(streamId, false);
      bodies.put(streamId, this);
    }

    Body priority(int urgency, boolean incremental) {
      distributor.prioritize(stream.id(), new Priority(urgency, incremental));
      return this;
    }

    Body add(long bytes) {
      pending += bytes;
      tell();
      return this;
    }

    Body window(int bytes) {
      window = bytes;
      tell();
      return this;
    }

    void tell() {
      distributor.updateStreamableBytes(this);
    }

    void write(int bytes) {
      log.add(stream.id() + ":" + bytes);
      if (stuck) {
        return;
      }
      pending -= bytes;
      window -= bytes;
      room -= bytes;
      if (pending == 0) {
        emptyFrames = 0;
      }
      tell();
      if (closesWhenEmpty && pending == 0) {
        stream.close();
      }
    }

    @Override
    public Http2Stream stream() {
      return stream;
    }

    @Override
    public long pendingBytes() {
      return pending;
    }

    @Override
    public boolean hasFrame() {
      return pending > 0 || emptyFrames > 0;
    }

    @Override
    public int windowSize() {
      return window;
    }
  }

  private boolean distribute(int bytes) throws Http2Exception {
    log.clear();
    return distributor.distribute(bytes, (stream, n) -> bodies.get(stream.id()).write(n));
  }

  private long sent(int streamId, long of) {
    return of - bodies.get(streamId).pending;
  }

  @Test
  void theMostUrgentGoesFirstWhateverItsNumber() throws Exception {
    new Body(1).priority(5, true).add(100_000);
    new Body(3).priority(3, false).add(100_000);
    new Body(5).priority(0, true).add(10_000);
    assertTrue(distribute(20_000));
    assertEquals(10_000, sent(5, 10_000));
    assertEquals(10_000, sent(3, 100_000));
    assertEquals(0, sent(1, 100_000));
  }

  @Test
  void incrementalEqualsShare() throws Exception {
    for (int id = 1; id <= 7; id += 2) {
      new Body(id).priority(2, true).add(1_000_000);
    }
    distribute(100 * FRAME);
    for (int id = 1; id <= 7; id += 2) {
      assertEquals(25 * FRAME, sent(id, 1_000_000), "stream " + id);
    }
  }

  @Test
  void othersOfOneUrgencyGoOneAfterAnother() throws Exception {
    new Body(1).add(10_000);
    new Body(3).add(10_000);
    distribute(15_000);
    assertEquals(10_000, sent(1, 10_000));
    assertEquals(5_000, sent(3, 10_000));
  }

  @Test
  void aChangedPriorityHoldsFromTheNextFrameOn() throws Exception {
    Body first = new Body(1).add(1_000_000);
    Body second = new Body(3).add(1_000_000);
    distribute(50_000);
    assertEquals(50_000, sent(1, 1_000_000));
    second.priority(1, false);
    distribute(50_000);
    assertEquals(50_000, sent(1, 1_000_000));
    assertEquals(50_000, sent(3, 1_000_000));
    first.priority(0, false);
    distribute(50_000);
    assertEquals(100_000, sent(1, 1_000_000));
  }

  // RFC 9113 §5.2: who has no credit stands aside for the less urgent, and takes its place again.
  @Test
  void whoHasNoCreditLetsOthersPass() throws Exception {
    Body urgent = new Body(1).priority(0, false).window(0).add(100_000);
    new Body(3).priority(7, false).add(100_000);
    assertTrue(distribute(10_000));
    assertEquals(10_000, sent(3, 100_000));
    urgent.window(7_000);
    distribute(10_000);
    assertEquals(7_000, sent(1, 100_000));
    assertEquals(13_000, sent(3, 100_000));
    urgent.window(-5_000); // RFC 9113 §6.9.2: a smaller initial window can take credit back
    distribute(10_000);
    assertEquals(7_000, sent(1, 100_000));
  }

  // RFC 9113 §6.9.1: an empty frame with the end needs no credit.
  @Test
  void anEmptyFrameGoesWithoutCredit() throws Exception {
    new Body(1).priority(0, false).add(1_000);
    Body end = new Body(3).priority(7, false).window(0);
    end.emptyFrames = 1;
    end.tell();
    assertTrue(distribute(0), "the data still waits");
    assertEquals(List.of("3:0"), log);
    assertFalse(end.hasFrame());
  }

  @Test
  void noMoreIsDecidedThanThereIsRoomFor() throws Exception {
    new Body(1).add(100_000);
    room = 9_000;
    assertFalse(distribute(50_000), "asking again would be in vain");
    assertEquals(9_000, sent(1, 100_000));
    room = 1_000_000;
    assertFalse(distribute(100_000));
    assertEquals(100_000, sent(1, 100_000));
  }

  @Test
  void aStreamMayCloseWithItsLastByte() throws Exception {
    Body first = new Body(1).add(3_000);
    first.closesWhenEmpty = true;
    new Body(3).add(3_000);
    assertFalse(distribute(10_000));
    assertEquals(List.of("1:3000", "3:3000"), log);
    first.tell(); // the flow controller's last word on a stream that is closed
    distributor.prioritize(1, Priority.DEFAULT);
    assertFalse(distribute(10_000));
  }

  @Test
  void aStreamThatIsResetGivesUpItsTurn() throws Exception {
    new Body(1).add(3_000).stream.close();
    new Body(3).add(3_000);
    distribute(10_000);
    assertEquals(List.of("3:3000"), log);
  }

  @Test
  void aStreamThatTakesNothingDoesNotHoldUpTheOthers() throws Exception {
    Body stuck = new Body(1).priority(0, false).add(3_000);
    stuck.stuck = true;
    new Body(3).add(3_000);
    assertFalse(distribute(10_000));
    assertEquals(List.of("1:3000", "3:3000"), log);
    stuck.stuck = false;
    stuck.tell();
    distribute(10_000);
    assertEquals(List.of("1:3000"), log);
  }

  @Test
  void whatCannotBeWrittenEndsTheConnection() throws Exception {
    new Body(1).add(3_000);
    Http2Exception failure =
        assertThrows(
            Http2Exception.class,
            () ->
                distributor.distribute(
                    10_000,
                    (stream, bytes) -> {
                      throw new IllegalStateException("no");
                    }));
    assertFalse(Http2Exception.isStreamError(failure));
  }
}
