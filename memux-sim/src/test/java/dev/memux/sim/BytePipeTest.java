package dev.memux.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pipe delivers everything, in order, at its pace, and takes no more than its buffer. */
class BytePipeTest {
  private static final long MILLI = 1_000_000;

  private final Simulation simulation = new Simulation(-5);
  private final Far far = new Far();

  private BytePipe pipe(LinkProfile profile, int bufferBytes, long seed) {
    BytePipe pipe = new BytePipe(simulation, profile, bufferBytes, new Seed(seed));
    pipe.listen(far);
    return pipe;
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  @Test
  void everythingArrivesInOrderWhateverIsLost() {
    LinkProfile bad =
        LinkProfile.builder()
            .delayMillis(20)
            .jitterNanos(15 * MILLI)
            .rateBitsPerSecond(8_000_000)
            .loss(0.2)
            .build();
    for (int seed = 0; seed < 20; seed++) {
      far.bytes.reset();
      BytePipe pipe = pipe(bad, 1 << 20, seed);
      byte[] sent = bytes(100_000);
      pipe.write(sent, 0, 60_000);
      pipe.write(sent, 60_000, 40_000);
      simulation.runToEnd(Long.MAX_VALUE);
      assertArrayEquals(sent, far.bytes.toByteArray());
    }
  }

  @Test
  void piecesHaveNothingToDoWithHowTheyWereWritten() {
    BytePipe pipe = pipe(LinkProfile.builder().build(), 1 << 20, 1);
    pipe.write(bytes(50_000), 0, 50_000);
    simulation.runToEnd(Long.MAX_VALUE);
    assertTrue(far.pieces.stream().anyMatch(n -> n < 40), () -> "" + far.pieces);
    assertTrue(far.pieces.stream().anyMatch(n -> n > 1000), () -> "" + far.pieces);
  }

  @Test
  void rateAndDelayAreKept() {
    // 100 kB at 8 Mbit/s are 100 ms, and 20 ms more until the last byte is there.
    LinkProfile profile =
        LinkProfile.builder().delayMillis(20).rateBitsPerSecond(8_000_000).build();
    BytePipe pipe = pipe(profile, 1 << 20, 1);
    pipe.write(bytes(100_000), 0, 100_000);
    simulation.runToEnd(Long.MAX_VALUE);
    assertEquals(120 * MILLI, simulation.elapsedNanos());
  }

  @Test
  void aLossHoldsUpWhatIsBehindIt() {
    BytePipe pipe = pipe(LinkProfile.builder().delayMillis(20).loss(1).build(), 1 << 20, 1);
    pipe.write(bytes(10), 0, 10);
    simulation.runToEnd(Long.MAX_VALUE);
    assertEquals((20 + 200 * (1 + 2 + 4 + 8)) * MILLI, simulation.elapsedNanos());
  }

  @Test
  void aFullBufferSaysWhenItHasRoom() {
    LinkProfile slow = LinkProfile.builder().rateBitsPerSecond(8_000_000).build();
    BytePipe pipe = pipe(slow, 5_000, 1);
    assertTrue(pipe.isWritable());
    pipe.write(bytes(20_000), 0, 20_000);
    assertFalse(pipe.isWritable());
    simulation.runUntil(simulation.startNanos() + 10 * MILLI);
    assertEquals(0, far.writable);
    assertFalse(pipe.isWritable());
    simulation.runUntil(simulation.startNanos() + 17 * MILLI);
    assertEquals(1, far.writable, "told once");
    assertTrue(pipe.isWritable());
  }

  @Test
  void theEndComesLast() {
    BytePipe pipe = pipe(LinkProfile.builder().delayMillis(5).build(), 1 << 20, 1);
    pipe.write(bytes(5_000), 0, 5_000);
    pipe.end();
    pipe.end();
    assertThrows(IllegalStateException.class, () -> pipe.write(bytes(1), 0, 1));
    simulation.runToEnd(Long.MAX_VALUE);
    assertEquals(1, far.ends);
    assertEquals(5_000, far.bytesAtEnd);
  }

  @Test
  void aDeadPipeIsSilent() {
    LinkProfile slow = LinkProfile.builder().delayMillis(5).rateBitsPerSecond(8_000_000).build();
    BytePipe pipe = pipe(slow, 5_000, 1);
    pipe.write(bytes(20_000), 0, 20_000);
    pipe.isWritable();
    simulation.runUntil(simulation.startNanos() + 10 * MILLI);
    int arrived = far.bytes.size();
    pipe.die();
    pipe.end();
    simulation.runToEnd(Long.MAX_VALUE);
    assertEquals(arrived, far.bytes.size());
    assertEquals(0, far.ends);
    assertEquals(0, far.writable);
    assertFalse(pipe.isWritable(), "nobody acknowledges");
  }

  private static final class Far implements BytePipe.Listener {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final List<Integer> pieces = new ArrayList<>();
    int ends;
    int bytesAtEnd;
    int writable;

    @Override
    public void onBytes(byte[] arrived, int from, int length) {
      bytes.write(arrived, from, length);
      pieces.add(length);
    }

    @Override
    public void onEnd() {
      ends++;
      bytesAtEnd = bytes.size();
    }

    @Override
    public void onWritable() {
      writable++;
    }
  }
}
