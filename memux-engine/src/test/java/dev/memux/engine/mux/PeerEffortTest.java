package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A peer that makes us work for nothing is closed (RFC 9000 §21.9), an honest one is not. */
class PeerEffortTest {
  private static final long SECOND = 1_000_000_000;
  private static final byte[] DATA = new byte[4096];

  private final Mux mux = newMux();
  private long now = SECOND;

  private static Mux newMux() {
    Mux mux = new Mux(true, MuxConfig.DEFAULT.withStreams(100, 100), new ChunkPool());
    mux.onPeerParameters(
        TransportParameters.builder()
            .initialMaxData(1 << 20)
            .initialMaxStreamDataBidi(1 << 20)
            .initialMaxStreamsBidi(10)
            .build());
    return mux;
  }

  /** What a peer does, for the n-th time. */
  private interface Deed {
    void run(long n) throws ProtocolException;
  }

  /**
   * Does it {@code perSecond} times a second.
   *
   * @return after how many times it was refused, -1 if never
   */
  private long repeat(long times, long perSecond, Deed deed) {
    for (long n = 0; n < times; n++) {
      now += SECOND / perSecond;
      mux.onPacket(false, now);
      ProtocolException refusal = attempt(deed, n);
      if (refusal != null) {
        assertEquals(
            TransportError.PROTOCOL_VIOLATION, refusal.code(), String.valueOf(refusal.reason()));
        return n;
      }
    }
    return -1;
  }

  private static @Nullable ProtocolException attempt(Deed deed, long n) {
    try {
      deed.run(n);
      return null;
    } catch (ProtocolException e) {
      return e;
    }
  }

  private void assertFloodIsRefusedAndATrickleIsNot(Deed deed) {
    assertEquals(-1, repeat(50_000, PeerEffort.IDLE_FRAMES_PER_SECOND / 2, deed));
    long refusedAfter = repeat(100_000, 1_000_000, deed);
    long most = PeerEffort.IDLE_FRAMES * 11 / 10;
    assertTrue(refusedAfter > 0 && refusedAfter <= most, "refused after " + refusedAfter);
  }

  // Frames that bring nothing.

  @Test
  void emptyStreamFrames() throws ProtocolException {
    mux.onStream(0, 0, DATA, 0, 0, false);
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onStream(0, 0, DATA, 0, 0, false));
  }

  @Test
  void tinyStreamFramesOfOneStreamInOnePacket() {
    // 5 MB/s in frames of a byte: a hundred and fifty in each packet.
    long refused =
        repeat(
            1000,
            100_000,
            packet -> {
              for (int i = 0; i < 150; i++) {
                mux.onStream(0, packet * 150 + i, DATA, 0, 1, false);
              }
              drain();
            });
    assertTrue(refused > 0 && refused < 2 * PeerEffort.IDLE_FRAMES / 150, "after " + refused);
  }

  @Test
  void aBytePerPacketIsNoAttack() {
    assertEquals(
        -1,
        repeat(
            100_000,
            10_000,
            n -> {
              mux.onStream(0, n, DATA, 0, 1, false);
              drain();
            }));
  }

  @Test
  void aByteForEachOfManyStreamsIsNoAttack() {
    assertEquals(
        -1,
        repeat(
            1000,
            10_000,
            n -> {
              for (long id = 0; id < 400; id += 4) {
                mux.onStream(id, n, DATA, 0, 1, false);
              }
              drain();
            }));
  }

  @Test
  void framesForStreamsThatAreForgotten() throws ProtocolException {
    mux.onStream(2, 0, DATA, 0, 0, true);
    drain();
    assertNull(mux.stream(2));
    for (int i = 0; i < PeerEffort.LATE_FRAMES_PER_STREAM; i++) {
      mux.onStream(2, 0, DATA, 0, 0, true);
    }
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onStream(2, 0, DATA, 0, 0, true));
  }

  /** Where both ends close their streams, each may tell the other what is over there already. */
  @Test
  void endsThatCrossAreNoAttack() throws ProtocolException {
    int streams = 3 * (int) PeerEffort.IDLE_FRAMES;
    for (long n = 0; n < streams; n++) {
      mux.onStream(4 * n, 0, DATA, 0, 0, true);
      mux.stream(4 * n).finish();
      drain();
      assertNull(mux.stream(4 * n));
    }
    assertEquals(
        -1, repeat(streams, 1_000_000, n -> mux.onControl(new ControlFrame.StopSending(4 * n, 0))));
    int more = PeerEffort.LATE_FRAMES_PER_STREAM * streams + (int) PeerEffort.IDLE_FRAMES;
    assertTrue(repeat(more, 1_000_000, n -> mux.onControl(new ControlFrame.StopSending(0, 0))) > 0);
  }

  @Test
  void limitsThatDoNotRise() {
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.MaxData(5)));
  }

  @Test
  void limitsThatHardlyRise() {
    long start = 1 << 20;
    assertFloodIsRefusedAndATrickleIsNot(
        n -> mux.onControl(new ControlFrame.MaxData(start + now / 1000)));
  }

  @Test
  void limitsThatRiseAreNoAttack() {
    long start = 1 << 20;
    assertEquals(
        -1,
        repeat(100_000, 1_000_000, n -> mux.onControl(new ControlFrame.MaxData(start + n * 1024))));
  }

  @Test
  void streamLimitsThatDoNotRise() {
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.MaxStreams(true, 3)));
  }

  @Test
  void aStreamsLimitThatDoesNotRise() {
    assertNotNull(mux.open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.MaxStreamData(1, 9)));
  }

  @Test
  void reportsOfBeingBlocked() {
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.DataBlocked(n)));
  }

  @Test
  void reportsOfStreamsBeingBlocked() throws ProtocolException {
    mux.onStream(0, 0, DATA, 0, 10, false);
    assertFloodIsRefusedAndATrickleIsNot(
        n -> mux.onControl(new ControlFrame.StreamDataBlocked(0, n)));
  }

  @Test
  void reportsOfTooFewStreams() {
    assertFloodIsRefusedAndATrickleIsNot(
        n -> mux.onControl(new ControlFrame.StreamsBlocked(true, n)));
  }

  @Test
  void stoppingWhatIsStopped() {
    assertNotNull(mux.open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.StopSending(1, 1)));
  }

  @Test
  void resettingWhatIsReset() throws ProtocolException {
    mux.onControl(new ControlFrame.ResetStream(0, 1, 0));
    assertFloodIsRefusedAndATrickleIsNot(n -> mux.onControl(new ControlFrame.ResetStream(0, 1, 0)));
  }

  @Test
  void dataExcusesSomeOfThem() {
    assertEquals(
        -1,
        repeat(
            100_000,
            1_000_000,
            n -> {
              mux.onStream(0, n * 1000, DATA, 0, 1000, false);
              mux.onControl(new ControlFrame.DataBlocked(n));
              drain();
            }));
  }

  // Streams opened only to be reset.

  @Test
  void openingAndResettingStreamsEndsTheConnection() {
    // CVE-2023-44487
    long refused =
        repeat(
            100_000,
            10_000,
            n -> {
              mux.onStream(4 * n, 0, DATA, 0, 100, false);
              mux.onControl(new ControlFrame.ResetStream(4 * n, 1, 100));
              mux.onControl(new ControlFrame.StopSending(4 * n, 1));
              settle();
            });
    assertTrue(refused >= PeerEffort.RESETS && refused < 2 * PeerEffort.RESETS, "after " + refused);
  }

  @Test
  void provokingResetsEndsTheConnectionToo() {
    // Whatever makes our application give requests up, it is the peer who makes them.
    long refused =
        repeat(
            100_000,
            10_000,
            n -> {
              mux.onStream(4 * n, 0, DATA, 0, 100, true);
              MuxStream stream = mux.stream(4 * n);
              assertNotNull(stream);
              MuxPair.drain(stream);
              stream.reset(1);
              settle();
            });
    assertTrue(refused >= PeerEffort.RESETS && refused < 2 * PeerEffort.RESETS, "after " + refused);
  }

  @Test
  void someResetsAmongStreamsThatEndWellAreNoAttack() {
    assertEquals(
        -1,
        repeat(
            20_000,
            10_000,
            n -> {
              mux.onStream(4 * n, 0, DATA, 0, 100, n % 2 == 0);
              if (n % 2 != 0) {
                mux.onControl(new ControlFrame.ResetStream(4 * n, 1, 100));
              }
              MuxStream stream = mux.stream(4 * n);
              assertNotNull(stream);
              MuxPair.drain(stream);
              stream.finish();
              settle();
            }));
  }

  @Test
  void aHundredResetsASecondAreNoAttack() {
    assertEquals(
        -1,
        repeat(
            10_000,
            PeerEffort.RESETS_PER_SECOND,
            n -> {
              mux.onStream(4 * n, 0, DATA, 0, 100, false);
              mux.onControl(new ControlFrame.ResetStream(4 * n, 1, 100));
              mux.onControl(new ControlFrame.StopSending(4 * n, 1));
              settle();
            }));
  }

  /** Everything sent arrives, and limits are given back. */
  private void settle() {
    var writer = new dev.memux.engine.wire.FrameWriter();
    while (mux.hasPending()) {
      var sent = new dev.memux.engine.wire.SentFrames();
      writer.reset(new byte[1200], 0, 1200);
      mux.fill(writer, sent, now);
      mux.onAcked(sent);
    }
    for (MuxStream s = mux.pollStream(); s != null; s = mux.pollStream()) {
      s.takeEvents();
    }
  }

  private void drain() {
    ByteBuffer target = ByteBuffer.allocate(4096);
    for (MuxStream s = mux.pollStream(); s != null; s = mux.pollStream()) {
      s.takeEvents();
      while (s.canReceive() && s.read(target.clear()) > 0) {}
    }
    settle();
  }
}
