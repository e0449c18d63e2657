package dev.memux.session;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.DatagramQueue;
import dev.memux.engine.mux.DatagramStatistics;
import dev.memux.engine.mux.Datagrams;
import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session's datagrams on their way between callers and the loop, in two queues within the bounds
 * of {@link DatagramConfig}.
 */
final class DatagramExchange {
  private final DatagramConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final DatagramQueue outgoing;
  private final DatagramQueue incoming;
  private long displaced;
  private long notRead;
  private boolean ended;
  private volatile boolean outgoingWaits;
  private volatile int maxPayloadBytes;

  DatagramExchange(DatagramConfig config) {
    this.config = config;
    outgoing = new DatagramQueue(config.maxQueued(), config.maxQueuedBytes());
    incoming = new DatagramQueue(config.maxQueued(), config.maxQueuedBytes());
  }

  // The callers'.

  /** The largest that can be sent, as the loop has last seen it. */
  int maxPayloadBytes() {
    return maxPayloadBytes;
  }

  /**
   * Copies a datagram for the loop to take.
   *
   * @return false: the queue is full, and the new one is what there is no room for
   */
  boolean offer(ByteBuffer payload) {
    int length = payload.remaining();
    lock.lock();
    try {
      if (!outgoing.hasRoom(length) && config.overflow() == DatagramConfig.Overflow.DROP_NEWEST) {
        return false;
      }
      displaced += outgoing.makeRoom(length);
      byte[] datagram = new byte[length];
      payload.get(datagram);
      outgoing.add(datagram);
      outgoingWaits = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a datagram.
   *
   * @param limit null: for ever
   * @return null: the connection has ended, and all that came has been taken
   * @throws MuxException.Timeout if none came in time
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   * @throws UnsupportedOperationException if this end accepts none
   */
  byte @Nullable [] take(@Nullable Duration limit)
      throws MuxException.Timeout, InterruptedIOException {
    if (config.maxFrameBytes() == 0) {
      throw new UnsupportedOperationException("this end accepts no datagrams");
    }
    long leftNanos = Deadline.nanos(limit == null ? ChronoUnit.FOREVER.getDuration() : limit);
    try {
      lock.lockInterruptibly();
      try {
        for (; ; ) {
          byte[] datagram = incoming.poll();
          if (datagram != null || ended) {
            return datagram;
          }
          if (leftNanos <= 0) {
            throw new MuxException.Timeout("no datagram came in time");
          }
          leftNanos = news.awaitNanos(leftNanos);
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    }
  }

  // The loop's.

  /** Moves what waits, either way. */
  void pump(Datagrams engine) {
    maxPayloadBytes = engine.maxPayloadBytes();
    if (outgoingWaits) {
      send(engine);
    }
    if (engine.isReadable()) {
      receive(engine);
    }
  }

  private void send(Datagrams engine) {
    lock.lock();
    try {
      for (byte[] next; (next = outgoing.peek()) != null; ) {
        switch (engine.send(ByteBuffer.wrap(next))) {
          case QUEUED, DISPLACED_OLDER -> {}
          case FULL -> {
            return; // there will be room when the path takes more
          }
          case TOO_LARGE, NOT_ACCEPTED -> displaced++; // the path has changed since, or is gone
        }
        outgoing.poll();
      }
      outgoingWaits = false;
    } finally {
      lock.unlock();
    }
  }

  private void receive(Datagrams engine) {
    lock.lock();
    try {
      for (byte[] next; (next = engine.poll()) != null; ) {
        // RFC 9221 §5.3: who cannot store one may drop one; a reader that is behind wants the
        // newest.
        notRead += incoming.makeRoom(next.length);
        incoming.add(next);
      }
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The connection has ended: what has arrived can still be taken. */
  void end(Datagrams engine) {
    receive(engine);
    lock.lock();
    try {
      ended = true;
      maxPayloadBytes = 0;
      outgoing.clear();
      outgoingWaits = false;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What became of all of them: in the engine, and on the way there and from it. */
  DatagramStatistics statistics(Datagrams engine) {
    DatagramStatistics inner = engine.statistics();
    lock.lock();
    try {
      return new DatagramStatistics(
          inner.sent(),
          inner.lost(),
          inner.notSent() + displaced,
          inner.received(),
          inner.notRead() + notRead);
    } finally {
      lock.unlock();
    }
  }
}
