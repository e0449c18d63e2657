package dev.memux.gateway;

import dev.memux.http.HttpErrorCode;
import dev.memux.http.OutboundBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a body made of parts of one file: chunks are read ahead on a thread that may block, and
 * written on the event loop while the stream has room. Apart from reading, everything happens on
 * the event loop.
 *
 * <p>Chunks begin small and grow as the stream takes them, so that a hundred streams that wait
 * their turn hold little, and the one whose turn it is runs at full speed.
 */
final class FileTransfer {
  /** What a stream that nobody reads from holds at most, beside what the stream itself buffers. */
  static final int MAX_CHUNKS_AHEAD = 2;

  static final int FIRST_CHUNK_BYTES = 32 * 1024;
  static final int MAX_CHUNK_BYTES = 256 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(FileTransfer.class);

  private final OpenFile file;
  private final Queue<BodyPart> rest;
  private final OutboundBody body;
  private final Executor blocking;
  private final Queue<ByteBuf> ahead = new ArrayDeque<>();
  private int chunkBytes = FIRST_CHUNK_BYTES;
  private long readOfPart;
  private boolean reading;
  private boolean stopped;

  FileTransfer(OpenFile file, List<BodyPart> parts, OutboundBody body, Executor blocking) {
    this.file = file;
    rest = new ArrayDeque<>(parts);
    this.body = body;
    this.blocking = blocking;
  }

  void start() {
    body.onWritable(this::pump);
    pump();
  }

  /** Ends the transfer wherever it is; closes the file. */
  void stop() {
    if (stopped) {
      return;
    }
    stopped = true;
    while (!ahead.isEmpty()) {
      ahead.remove().release();
    }
    if (!reading) {
      blocking.execute(file::close);
    }
  }

  private void pump() {
    readAhead();
    while (!stopped && !ahead.isEmpty() && body.isWritable()) {
      ByteBuf chunk = ahead.remove();
      chunkBytes = Math.min(chunkBytes * 2, MAX_CHUNK_BYTES);
      body.write(chunk);
      readAhead();
    }
    if (!stopped && ahead.isEmpty() && !reading && rest.isEmpty()) {
      body.finish();
      stop();
    }
  }

  private void readAhead() {
    while (!stopped && !reading && ahead.size() < MAX_CHUNKS_AHEAD && !rest.isEmpty()) {
      switch (rest.element()) {
        case BodyPart.Text text -> {
          ahead.add(Unpooled.wrappedBuffer(text.bytes()));
          rest.remove();
        }
        case BodyPart.FromFile part -> read(part.range());
      }
    }
  }

  private void read(ByteRange range) {
    reading = true;
    long from = range.first() + readOfPart;
    int length = (int) Math.min(chunkBytes, range.last() - from + 1);
    ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
    blocking.execute(
        () -> {
          boolean complete = fill(chunk, from);
          body.loop().execute(() -> onRead(chunk, complete));
        });
  }

  private boolean fill(ByteBuf chunk, long from) {
    try {
      file.read(chunk, from);
      return true;
    } catch (IOException e) {
      LOG.warn("an answer broke off: {}", e.toString());
      return false;
    }
  }

  private void onRead(ByteBuf chunk, boolean complete) {
    reading = false;
    if (stopped) {
      chunk.release();
      blocking.execute(file::close);
      return;
    }
    if (!complete) {
      chunk.release();
      body.abort(HttpErrorCode.INTERNAL_ERROR);
      stop();
      return;
    }
    readOfPart += chunk.readableBytes();
    if (readOfPart == rest.element().sizeBytes()) {
      rest.remove();
      readOfPart = 0;
    }
    ahead.add(chunk);
    pump();
  }
}
