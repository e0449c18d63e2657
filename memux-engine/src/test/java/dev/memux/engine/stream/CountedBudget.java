package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;
import java.util.ArrayDeque;

/** A budget that one thread uses, and that remembers its worst moment. */
public final class CountedBudget implements MemoryBudget {
  private final long maxBytes;
  private long heldBytes;
  private long mostBytes;
  private int connections;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  public CountedBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  @Override
  public long maxBytes() {
    return maxBytes;
  }

  @Override
  public long heldBytes() {
    return heldBytes;
  }

  @Override
  public long add(long bytes) {
    heldBytes += bytes;
    mostBytes = Math.max(mostBytes, heldBytes);
    return heldBytes;
  }

  @Override
  public int connections() {
    return connections;
  }

  @Override
  public void addConnections(int count) {
    connections += count;
  }

  @Override
  public void awaitRoom(Runnable onRoom) {
    waiting.add(onRoom);
  }

  @Override
  public void wakeNext() {
    Runnable next = waiting.poll();
    if (next != null) {
      next.run();
    }
  }

  /** The most that was held at once; what was counted and refused at once is in here, too. */
  public long mostBytes() {
    return mostBytes;
  }
}
