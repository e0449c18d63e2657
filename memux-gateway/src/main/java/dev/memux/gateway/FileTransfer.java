package dev.memux.gateway;

import dev.memux.http.HttpErrorCode;
import dev.memux.http.OutboundBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one file: chunks are read ahead on a thread that may block, and written on the event loop
 * while the stream has room. Apart from reading, everything happens on the event loop.
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

  private final FileChannel file;
  private final long sizeBytes;
  private final OutboundBody body;
  private final Executor blocking;
  private final Queue<ByteBuf> ahead = new ArrayDeque<>();
  private int chunkBytes = FIRST_CHUNK_BYTES;
  private long readBytes;
  private boolean reading;
  private boolean stopped;

  FileTransfer(FileChannel file, long sizeBytes, OutboundBody body, Executor blocking) {
    this.file = file;
    this.sizeBytes = sizeBytes;
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
      blocking.execute(() -> closeQuietly(file));
    }
  }

  static void closeQuietly(FileChannel file) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.debug("closing a file", e);
    }
  }

  private void pump() {
    while (!stopped && !ahead.isEmpty() && body.isWritable()) {
      ByteBuf chunk = ahead.remove();
      chunkBytes = Math.min(chunkBytes * 2, MAX_CHUNK_BYTES);
      body.write(chunk);
    }
    if (!stopped && ahead.isEmpty() && !reading && readBytes == sizeBytes) {
      body.finish();
      stop();
    } else {
      readAhead();
    }
  }

  private void readAhead() {
    if (stopped || reading || readBytes == sizeBytes || ahead.size() >= MAX_CHUNKS_AHEAD) {
      return;
    }
    reading = true;
    long from = readBytes;
    int length = (int) Math.min(chunkBytes, sizeBytes - from);
    ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
    blocking.execute(
        () -> {
          boolean complete = fill(chunk, from, length);
          body.loop().execute(() -> onRead(chunk, complete));
        });
  }

  private boolean fill(ByteBuf chunk, long from, int length) {
    try {
      while (chunk.writableBytes() > 0) {
        int done = chunk.writerIndex();
        if (chunk.writeBytes(file, from + done, length - done) < 0) {
          throw new EOFException("the file became shorter while it was sent");
        }
      }
      return true;
    } catch (IOException e) {
      LOG.warn("reading a file failed: {}", e.toString());
      return false;
    }
  }

  private void onRead(ByteBuf chunk, boolean complete) {
    reading = false;
    if (stopped) {
      chunk.release();
      blocking.execute(() -> closeQuietly(file));
      return;
    }
    if (!complete) {
      chunk.release();
      body.abort(HttpErrorCode.INTERNAL_ERROR);
      stop();
      return;
    }
    readBytes += chunk.readableBytes();
    ahead.add(chunk);
    pump();
  }
}
