package dev.memux.cli;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a body from the event loop to where it is written, on a thread of its own that may block.
 * More is asked for while little waits, so that a slow disk or reader slows the sender down instead
 * of filling memory.
 */
final class BodyQueue {
  /** How much may wait; above it nothing is asked for. */
  static final int MAX_WAITING_BYTES = 1024 * 1024;

  private final Output output;
  private final Runnable readMore;
  private final Consumer<@Nullable IOException> onDone;
  private final Queue<ByteBuf> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean readOwed;
  private boolean ended;
  private boolean failed;

  /**
   * A queue without its thread.
   *
   * @param readMore asks the sender for one more piece; called from any thread
   * @param onDone told once when all was written and closed, or with what prevented it
   */
  BodyQueue(Output output, Runnable readMore, Consumer<@Nullable IOException> onDone) {
    this.output = output;
    this.readMore = readMore;
    this.onDone = onDone;
  }

  /** Opens the output and begins to ask for the body. */
  void start() {
    Thread.ofVirtual().name("memux-write").start(this::run);
    readMore.run();
  }

  /** The next piece; releases it when written. */
  void add(ByteBuf data) {
    boolean more;
    synchronized (this) {
      if (failed || ended) {
        data.release();
        return;
      }
      waiting.add(data);
      waitingBytes += data.readableBytes();
      more = waitingBytes < MAX_WAITING_BYTES;
      readOwed = !more;
      notifyAll();
    }
    if (more) {
      readMore.run();
    }
  }

  /** Nothing more comes. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  private void run() {
    IOException problem = null;
    try (WritableByteChannel channel = output.open()) {
      for (ByteBuf piece = next(); piece != null; piece = next()) {
        write(channel, piece);
      }
    } catch (IOException e) {
      problem = e;
      fail();
    }
    onDone.accept(problem);
  }

  private static void write(WritableByteChannel channel, ByteBuf piece) throws IOException {
    try {
      for (ByteBuffer part : piece.nioBuffers()) {
        while (part.hasRemaining()) {
          channel.write(part);
        }
      }
    } finally {
      piece.release();
    }
  }

  /** Waits for a piece; null at the end. */
  private @Nullable ByteBuf next() throws IOException {
    boolean more = false;
    ByteBuf piece;
    synchronized (this) {
      while (waiting.isEmpty() && !ended) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new IOException("interrupted", e);
        }
      }
      piece = waiting.poll();
      if (piece != null) {
        waitingBytes -= piece.readableBytes();
        if (readOwed && waitingBytes < MAX_WAITING_BYTES / 2) {
          readOwed = false;
          more = true;
        }
      }
    }
    if (more) {
      readMore.run();
    }
    return piece;
  }

  private synchronized void fail() {
    failed = true;
    while (!waiting.isEmpty()) {
      waiting.remove().release();
    }
  }
}
