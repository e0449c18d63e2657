package dev.memux.netty;

import dev.memux.engine.memory.MemoryBudget;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory that connections of any number of servers, clients and event loops share. Safe for use
 * by many threads.
 */
public final class ProcessMemory implements MemoryBudget {
  private static final Logger log = LoggerFactory.getLogger(ProcessMemory.class);

  /** Part of the heap that {@link #shared} may fill. */
  private static final int HEAP_PART = 2;

  /** What must be there to be worth waking a connection for. */
  private static final long WAKE_BYTES = 64 << 10;

  private static final ProcessMemory SHARED =
      new ProcessMemory(Runtime.getRuntime().maxMemory() / HEAP_PART);

  private final long maxBytes;
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /**
   * @param maxBytes what streams' data may take, at least 1 MiB
   * @throws IllegalArgumentException if it is less
   */
  public ProcessMemory(long maxBytes) {
    if (maxBytes < 1 << 20) {
      throw new IllegalArgumentException("maxBytes " + maxBytes);
    }
    this.maxBytes = maxBytes;
  }

  /** Half of the heap, shared by everything in the process that names no other. */
  public static ProcessMemory shared() {
    return SHARED;
  }

  @Override
  public long maxBytes() {
    return maxBytes;
  }

  @Override
  public long heldBytes() {
    return heldBytes.get();
  }

  @Override
  public long add(long bytes) {
    long held = heldBytes.addAndGet(bytes);
    if (bytes < 0 && !waiting.isEmpty()) {
      wakeNext();
    }
    return held;
  }

  @Override
  public int connections() {
    return connections.get();
  }

  @Override
  public void addConnections(int count) {
    connections.addAndGet(count);
  }

  @Override
  public void awaitRoom(Runnable onRoom) {
    waiting.add(onRoom);
    wakeNext(); // what came back before it was in the queue has woken nobody
  }

  /**
   * {@inheritDoc}
   *
   * <p>Nobody is forgotten: whoever gives memory back, and whoever was woken, looks here after.
   */
  @Override
  public void wakeNext() {
    while (hasRoom()) {
      Runnable next = waiting.poll();
      if (next == null) {
        return;
      }
      try {
        next.run();
        return;
      } catch (RejectedExecutionException e) {
        log.debug("an event loop is gone, and its connection waits no more", e);
      }
    }
  }

  private boolean hasRoom() {
    return heldBytes.get() + Math.min(WAKE_BYTES, maxBytes / 16) <= sendLimit();
  }
}
