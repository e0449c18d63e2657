package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.mux.ReceivingPart;
import dev.memux.engine.mux.SendingPart;
import io.netty.channel.DefaultEventLoop;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Parts that tell of room and data from within the calls that make it, as Netty's channels do. */
@Timeout(60)
final class ByteStreamTest {
  private static final int BYTES = 1_000_000;
  private static final int PIECE_BYTES = 16 << 10;

  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final Parts parts = new Parts();
  private final ByteStream stream = new ByteStream(loop, parts, parts);

  private final class Parts implements SendingPart, ReceivingPart {
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    final CompletableFuture<byte[]> ended = new CompletableFuture<>();
    ByteBuffer arriving = ByteBuffer.allocate(0);
    int readable;
    int outstanding;
    private int calls;

    @Override
    public boolean isWritable() {
      return !ended.isDone();
    }

    @Override
    public int write(ByteBuffer source) {
      int taken = 0;
      while (source.hasRemaining()) {
        byte[] piece = new byte[Math.min(source.remaining(), PIECE_BYTES)];
        source.get(source.position(), piece);
        written.writeBytes(piece);
        tellOfRoom();
        source.position(source.position() + piece.length);
        taken += piece.length;
      }
      return taken;
    }

    private void tellOfRoom() {
      if (++calls % 3 == 0) {
        stream.pump();
      }
    }

    @Override
    public void finish() {
      ended.complete(written.toByteArray());
    }

    @Override
    public void reset(long code) {
      ended.completeExceptionally(new AssertionError("reset"));
    }

    @Override
    public int readableBytes() {
      return readable;
    }

    @Override
    public int take(ByteBuffer target) {
      int length = Math.min(target.remaining(), readable);
      target.put(target.position(), arriving, arriving.position(), length);
      target.position(target.position() + length);
      arriving.position(arriving.position() + length);
      readable -= length;
      return length;
    }

    @Override
    public void giveCredit(int bytes) {
      outstanding -= bytes;
      arrive();
    }

    /** At most two pieces that were not given back. */
    void arrive() {
      int more = Math.min(2 * PIECE_BYTES - outstanding, arriving.remaining() - readable);
      if (more > 0) {
        readable += more;
        outstanding += more;
        stream.pump();
      }
    }

    @Override
    public boolean isFinished() {
      return !arriving.hasRemaining();
    }

    @Override
    public void stopSending(long code) {}
  }

  @AfterEach
  void close() {
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private static byte[] random() {
    byte[] data = new byte[BYTES];
    new Random(1).nextBytes(data);
    return data;
  }

  @Test
  void writesEachByteOnceIfToldOfRoomWhileItWrites() throws Exception {
    byte[] data = random();
    stream.write(ByteBuffer.wrap(data));
    stream.shutdownOutput();
    assertArrayEquals(data, get(parts.ended));
  }

  @Test
  void givesEachCreditOnceIfToldOfDataWhileItGives() throws Exception {
    byte[] data = random();
    parts.arriving = ByteBuffer.wrap(data);
    CompletableFuture<byte[]> read = start(() -> stream.inputStream().readAllBytes());
    loop.execute(parts::arrive);
    assertArrayEquals(data, get(read));
    CompletableFuture<Integer> outstanding = new CompletableFuture<>();
    loop.execute(
        () -> {
          stream.pump();
          outstanding.complete(parts.outstanding);
        });
    assertEquals(0, get(outstanding));
  }
}
