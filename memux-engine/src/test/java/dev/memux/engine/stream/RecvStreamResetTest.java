package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** RESET_STREAM at the receiving part of a stream (RFC 9000 §3.2). */
class RecvStreamResetTest {
  private static final byte[] DATA = {1, 2, 3};

  private final RecvStream stream = new RecvStream(new ReceiveWindow(100, 100), new ChunkPool());

  @Test
  void aResetAfterAllThatCameHasBeenReadIsNewsAndNoProperEnd() throws Exception {
    stream.onData(0, DATA, 0, DATA.length, false);
    assertEquals(3, stream.read(ByteBuffer.allocate(10)));
    assertTrue(stream.onReset(7, 3));
    assertTrue(stream.isReset());
    assertEquals(7, stream.resetCode());
  }

  @Test
  void aResetOfAStreamThatNeverSentAnythingIsNews() throws Exception {
    assertTrue(stream.onReset(7, 0));
    assertEquals(7, stream.resetCode());
  }

  @Test
  void aResetAfterTheEndHasBeenReadIsNoNews() throws Exception {
    stream.onData(0, DATA, 0, DATA.length, true);
    assertEquals(3, stream.read(ByteBuffer.allocate(10)));
    assertTrue(stream.isAllRead());
    assertFalse(stream.onReset(7, 3));
    assertFalse(stream.isReset());
  }

  @Test
  void aSecondResetIsNoNews() throws Exception {
    stream.onReset(7, 0);
    assertFalse(stream.onReset(8, 0));
    assertEquals(7, stream.resetCode());
  }
}
