package dev.memux.engine.stream;

/** A budget that one thread uses, and that remembers its worst moment. */
public final class CountedBudget implements MemoryBudget {
  private final long maxBytes;
  private long heldBytes;
  private long mostBytes;
  private int connections;

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

  /** The most that was held at once; what was counted and refused at once is in here, too. */
  public long mostBytes() {
    return mostBytes;
  }
}
