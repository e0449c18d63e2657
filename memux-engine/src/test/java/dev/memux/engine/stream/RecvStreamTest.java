package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** RFC 9000 §3.2, figure 3, §4.1 and §4.5. */
class RecvStreamTest {
  private final CountedPool counted = new CountedPool(64);
  private final RecvStream stream = new RecvStream(new ReceiveWindow(1000, 1000), counted.pool);

  // Recv.

  @Test
  void dataInOrderIsNews() throws ProtocolException {
    assertTrue(data(0, 100));
    assertTrue(data(100, 10));
    assertEquals(110, stream.readableBytes());
    assertEquals(110, stream.highest());
    assertFalse(stream.isOver());
  }

  @Test
  void dataThatCannotBeReadYetIsNoNews() throws ProtocolException {
    assertFalse(data(10, 10));
    assertTrue(data(0, 10));
    assertFalse(data(5, 10), "all of it came before");
    assertEquals(20, stream.readableBytes());
    assertEquals(0, read(0));
    assertEquals(20, read(100));
    assertEquals(0, read(100));
    assertFalse(data(0, 20), "all of it was read before");
  }

  @Test
  void growthIsWhatLiesBeyondTheHighestOffset() throws ProtocolException {
    assertEquals(100, stream.growth(100));
    data(50, 50);
    assertEquals(0, stream.growth(50));
    assertEquals(0, stream.growth(100));
    assertEquals(1, stream.growth(101));
  }

  // To Size Known, Data Recvd, Data Read.

  @Test
  void theEndWithDataIsReachedByReading() throws ProtocolException {
    assertTrue(end(0, 100));
    assertFalse(stream.isAllRead());
    assertEquals(100, read(200));
    assertTrue(stream.isAllRead());
    assertTrue(stream.isOver());
    assertEquals(-1, read(200));
    assertEquals(0, counted.taken());
  }

  @Test
  void theEndAloneIsNewsOnceEverythingIsRead() throws ProtocolException {
    data(0, 10);
    read(10);
    assertTrue(end(10, 0));
    assertFalse(end(10, 0), "repeated");
    assertEquals(-1, read(10));
  }

  @Test
  void theEndOfAnEmptyStreamIsNews() throws ProtocolException {
    assertTrue(end(0, 0));
    assertEquals(-1, read(10));
    assertTrue(stream.isOver());
  }

  @Test
  void theEndBeforeItsDataIsNoNewsYet() throws ProtocolException {
    assertFalse(end(10, 0));
    assertFalse(stream.takesCredit(), "RFC 9000 §3.2: no credit once the size is known");
    assertTrue(data(0, 10));
    assertEquals(10, read(10));
    assertEquals(-1, read(10));
  }

  // Final size, RFC 9000 §4.5.

  @Test
  void theFinalSizeMustNotChange() throws ProtocolException {
    end(0, 10);
    assertFinalSizeError(FrameType.STREAM, () -> end(0, 11));
    assertFinalSizeError(FrameType.STREAM, () -> end(0, 9));
    assertFinalSizeError(FrameType.RESET_STREAM, () -> stream.onReset(0, 11));
    assertFinalSizeError(FrameType.RESET_STREAM, () -> stream.onReset(0, 9));
  }

  @Test
  void noDataLiesBeyondTheFinalSize() throws ProtocolException {
    end(10, 0);
    data(0, 10);
    assertFinalSizeError(FrameType.STREAM, () -> data(10, 1));
    assertFinalSizeError(FrameType.STREAM, () -> data(5, 6));
  }

  @Test
  void theFinalSizeIsNotBelowDataThatCame() throws ProtocolException {
    data(20, 10);
    assertFinalSizeError(FrameType.STREAM, () -> end(0, 29));
    assertFinalSizeError(FrameType.RESET_STREAM, () -> stream.onReset(0, 29));
    end(30, 0);
  }

  @Test
  void theFinalSizeHoldsAfterTheEndWasReadAfterAResetAndWhileDiscarding() throws ProtocolException {
    RecvStream read = new RecvStream(new ReceiveWindow(1000, 1000), counted.pool);
    read.onData(0, new byte[10], 0, 10, true);
    read.read(ByteBuffer.allocate(10));
    assertFinalSizeError(FrameType.STREAM, () -> read.onData(0, new byte[11], 0, 11, false));
    assertFinalSizeError(FrameType.RESET_STREAM, () -> read.onReset(0, 11));

    RecvStream reset = new RecvStream(new ReceiveWindow(1000, 1000), counted.pool);
    reset.onReset(3, 10);
    assertFinalSizeError(FrameType.STREAM, () -> reset.onData(0, new byte[11], 0, 11, false));
    assertFinalSizeError(FrameType.STREAM, () -> reset.onData(0, new byte[9], 0, 9, true));
    assertFinalSizeError(FrameType.RESET_STREAM, () -> reset.onReset(3, 11));

    stream.discard(7);
    data(0, 10);
    assertFinalSizeError(FrameType.RESET_STREAM, () -> stream.onReset(3, 9));
    end(0, 10);
    assertFinalSizeError(FrameType.STREAM, () -> data(10, 1));
  }

  // Flow control, RFC 9000 §4.1.

  @Test
  void dataUpToTheLimitIsTakenAndNotAByteMore() throws ProtocolException {
    data(999, 1);
    assertFault(TransportError.FLOW_CONTROL_ERROR, FrameType.STREAM, () -> data(999, 2));
    assertFault(TransportError.FLOW_CONTROL_ERROR, FrameType.STREAM, () -> data(1000, 1));
    assertFault(TransportError.FLOW_CONTROL_ERROR, FrameType.STREAM, () -> end(1001, 0));
    end(1000, 0);
  }

  @Test
  void theLimitHoldsForAResetAndWhileDiscarding() throws ProtocolException {
    assertFault(
        TransportError.FLOW_CONTROL_ERROR, FrameType.RESET_STREAM, () -> stream.onReset(0, 1001));
    stream.discard(7);
    assertFault(TransportError.FLOW_CONTROL_ERROR, FrameType.STREAM, () -> data(1000, 1));
    stream.onReset(0, 1000);
  }

  @Test
  void creditIsWantedOnceHalfIsRead() throws ProtocolException {
    data(0, 600);
    assertFalse(stream.wantsCredit(), "received is not read");
    read(499);
    assertFalse(stream.wantsCredit());
    read(1);
    assertTrue(stream.wantsCredit());
    stream.window().raise(0, 0, MemoryBudget.Pressure.NONE);
    assertFalse(stream.wantsCredit());
    data(1499, 1);
  }

  // To Reset Recvd and Reset Read.

  @Test
  void aResetIsNewsAndDropsWhatWasNotRead() throws ProtocolException {
    data(0, 100);
    read(10);
    assertTrue(stream.onReset(42, 200));
    assertEquals(42, stream.resetCode());
    assertTrue(stream.isReset());
    assertTrue(stream.isOver());
    assertEquals(200, stream.highest(), "RFC 9000 §4.5: counts as received");
    assertEquals(0, stream.readableBytes());
    assertEquals(-1, read(10));
    assertEquals(0, counted.taken());
    assertFalse(stream.onReset(43, 200));
    assertEquals(42, stream.resetCode());
    assertFalse(data(100, 100));
    assertEquals(0, counted.taken());
  }

  @Test
  void aResetAfterEverythingWasReadIsNoNews() throws ProtocolException {
    end(0, 10);
    read(10);
    assertFalse(stream.onReset(1, 10));
    assertFalse(stream.isReset());
    assertEquals(-1, stream.resetCode());
  }

  @Test
  void aResetAfterEverythingWasReceivedStillCounts() throws ProtocolException {
    end(0, 10);
    assertTrue(stream.onReset(1, 10)); // RFC 9000 §3.2: from "Data Recvd" too
    assertEquals(-1, read(10));
  }

  @Test
  void aResetRightAfterWhatWasReadIsNotAnEnd() throws ProtocolException {
    // Otherwise a message that was cut would look complete.
    data(0, 10);
    read(10);
    assertTrue(stream.onReset(0, 10));
    assertTrue(stream.isReset());
    assertEquals(0, stream.resetCode());
    assertFalse(stream.isAllRead());
    assertTrue(stream.isOver());
  }

  @Test
  void aResetBeforeAnyDataIsNotAnEmptyStream() throws ProtocolException {
    assertTrue(stream.onReset(0, 0));
    assertTrue(stream.isReset());
    assertEquals(0, stream.resetCode());
    assertFalse(stream.isAllRead());
  }

  // STOP_SENDING, RFC 9000 §3.5.

  @Test
  void whatIsDiscardedTakesNoMemoryAndEndsWithTheSize() throws ProtocolException {
    data(0, 100);
    stream.discard(7);
    assertEquals(0, counted.taken());
    assertFalse(data(100, 100));
    assertEquals(0, counted.taken());
    assertEquals(200, stream.highest());
    assertEquals(0, stream.readableBytes());
    assertEquals(-1, read(10));
    assertFalse(stream.wantsCredit());
    assertFalse(stream.isOver());
    assertFalse(end(300, 0));
    assertTrue(stream.isOver(), "without the bytes between");
  }

  @Test
  void discardingAfterTheSizeIsKnownIsTheEnd() throws ProtocolException {
    end(0, 10);
    stream.discard(7);
    assertTrue(stream.isOver());
  }

  @Test
  void whatIsDiscardedEndsWithAReset() throws ProtocolException {
    stream.discard(7);
    stream.onReset(1, 10);
    assertTrue(stream.isOver());
  }

  // Hostile peers.

  @Test
  void tooManyHolesEndTheConnection() throws ProtocolException {
    RecvStream large = new RecvStream(new ReceiveWindow(1 << 20, 1 << 20), counted.pool);
    byte[] one = new byte[1];
    ProtocolException fault =
        assertThrows(
            ProtocolException.class,
            () -> {
              for (int offset = 60_000; offset > 0; offset -= 2) {
                large.onData(offset, one, 0, 1, false);
              }
            });
    assertEquals(TransportError.INTERNAL_ERROR, fault.code());
  }

  @Test
  void memoryIsBoundedByTheWindowHoweverDataIsSpread() throws ProtocolException {
    RecvStream large = new RecvStream(new ReceiveWindow(100_000, 100_000), counted.pool);
    for (int offset = 99_999; offset > 0; offset -= 100) {
      large.onData(offset, new byte[1], 0, 1, false);
    }
    assertTrue(counted.taken() <= 100_000 / ChunkPool.CHUNK_BYTES + 1);
    large.release();
    assertEquals(0, counted.taken());
  }

  private boolean data(long offset, int length) throws ProtocolException {
    return stream.onData(offset, Bytes.of(offset, length), 0, length, false);
  }

  private boolean end(long offset, int length) throws ProtocolException {
    return stream.onData(offset, Bytes.of(offset, length), 0, length, true);
  }

  private int read(int length) {
    long from = stream.consumedTo();
    ByteBuffer target = ByteBuffer.allocate(length);
    int n = stream.read(target);
    Bytes.assertAt(from, target.flip());
    return n;
  }

  private interface Input {
    void run() throws ProtocolException;
  }

  private static void assertFinalSizeError(FrameType frame, Input input) {
    assertFault(TransportError.FINAL_SIZE_ERROR, frame, input);
  }

  private static void assertFault(long code, FrameType frame, Input input) {
    ProtocolException fault = assertThrows(ProtocolException.class, input::run);
    assertEquals(code, fault.code(), fault.reason());
    assertEquals(frame.code(), fault.frameType());
  }
}
