package dev.memux.engine.qmux;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Frames as {@code @moq/qmux} 0.3.3 encodes them, each in a record of its own. */
class PolyfillRecordsTest {
  private static final String PARAMETERS =
      "ff5153300d0a0d0a3701"
          + "04800075300404801000000504800400000604800400000704800400"
          + "00080240640902406420027ffec571c59429cd0845027ffe1d00";

  private final QmuxConnection server =
      new QmuxEndpoint(
              QmuxConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED)),
              MemoryBudget.UNLIMITED)
          .accept(0);

  private void receive(String... records) {
    for (String record : records) {
      byte[] frames = HexFormat.of().parseHex(record);
      server.receiveRecord(frames, 0, frames.length, 0);
    }
  }

  private static String read(MuxStream stream) {
    ByteBuffer target = ByteBuffer.allocate(100);
    while (stream.read(target) > 0) {}
    return US_ASCII.decode(target.flip()).toString();
  }

  @Test
  void areUnderstood() {
    receive(PARAMETERS);
    assertTrue(server.pollEvent() instanceof ConnectionEvent.Established);
    assertEquals(100, server.mux().openable(StreamType.BIDIRECTIONAL));
    receive("0e00000568656c6c6f", "0e0005072c20776f726c64", "0f000c00");
    MuxStream bidi = server.mux().pollStream();
    assertEquals("hello, world", read(bidi));
    assertTrue(bidi.isFinished());
    receive("1080200000", "110080080000", "1240c8"); // MAX_DATA, MAX_STREAM_DATA, MAX_STREAMS
    assertEquals(200, server.mux().openable(StreamType.BIDIRECTIONAL));
    assertEquals(2 << 20, server.mux().sendCreditBytes());
    assertEquals(512 << 10, bidi.sendCreditBytes());
    receive("050009"); // STOP_SENDING
    assertEquals(9, bidi.stopCode());
    receive("0e020003756e69");
    MuxStream uni = server.mux().stream(2);
    assertTrue(uni != null && uni.readableBytes() == 3);
    receive("04020703"); // RESET_STREAM
    assertEquals(7, uni.resetCode());
    receive("310464617461"); // DATAGRAM
    assertArrayEquals("data".getBytes(US_ASCII), server.mux().datagrams().poll());
    receive("f48c67529ef8c7bd00"); // QX_PING, to be answered
    assertTrue(answers("f48c67529ef8c7be00"));
    receive("1d2a0b7468617420697320616c6c");
    CloseReason reason = closeReason();
    assertTrue(reason.isOrderly());
    assertEquals(42, reason.code());
    assertEquals("that is all", reason.reason());
  }

  /** Whether the next records have that frame. */
  private boolean answers(String frame) {
    byte[] out = new byte[1 << 14];
    StringBuilder sent = new StringBuilder();
    for (int n; (n = server.transmitRecord(out, 0, out.length, 0)) > 0; ) {
      sent.append(HexFormat.of().formatHex(out, 0, n)).append(' ');
    }
    return sent.toString().contains(frame);
  }

  private CloseReason closeReason() {
    for (ConnectionEvent event; (event = server.pollEvent()) != null; ) {
      if (event instanceof ConnectionEvent.Closed closed) {
        return closed.reason();
      }
    }
    throw new AssertionError("open");
  }
}
