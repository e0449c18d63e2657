package dev.memux.engine.memory;

/**
 * The memory that all connections of a process may hold for streams' data. Loops share it, so its
 * methods are safe for use by many threads; whoever implements it counts, what the counts mean is
 * said here.
 *
 * <p>What an application writes may take {@link #sendLimit three quarters}; the rest is left to
 * data received, or a few peers that do not read would stop everybody from being heard. Received
 * data lies within credit that was given and cannot be taken back, so as memory gets scarce first
 * no window grows, then windows shrink, then no connection is accepted any more. Should all of that
 * be too late, a connection that would take more than its share when an eighth is left is closed.
 */
public interface MemoryBudget {
  /** How scarce memory is. */
  enum Pressure {
    NONE,
    /** More than half is taken: windows grow no more, and new connections begin with small ones. */
    HIGH,
    /** More than three quarters are taken: windows shrink, and new connections have the least. */
    CRITICAL
  }

  /** No bound. */
  MemoryBudget UNLIMITED =
      new MemoryBudget() {
        @Override
        public long maxBytes() {
          return Long.MAX_VALUE;
        }

        @Override
        public long heldBytes() {
          return 0;
        }

        @Override
        public long add(long bytes) {
          return 0;
        }

        @Override
        public int connections() {
          return 1;
        }

        @Override
        public void addConnections(int count) {}

        @Override
        public void awaitRoom(Runnable onRoom) {
          throw new IllegalStateException("there is always room");
        }

        @Override
        public void wakeNext() {}
      };

  /** The bound. */
  long maxBytes();

  /** What is held now. */
  long heldBytes();

  /**
   * Counts memory taken, or with a negative number given back.
   *
   * @return what is held then
   */
  long add(long bytes);

  /** How many connections share it. */
  int connections();

  /** Counts connections that begin, or with a negative number end. */
  void addConnections(int count);

  /**
   * Calls back, once, when memory has come back for data to be sent; those who wait are called in
   * their order.
   *
   * @param onRoom called by whichever thread gives memory back; it hands over to its own. After it
   *     has taken what it wants, or nothing, it calls {@link #wakeNext}.
   */
  void awaitRoom(Runnable onRoom);

  /** If there is room, calls the next who waits for it. */
  void wakeNext();

  /** How far data to be sent may fill it. */
  default long sendLimit() {
    return maxBytes() / 4 * 3;
  }

  /**
   * How far received data may fill it.
   *
   * @param heldBytes what the connection that asks holds: one within its share gets the last eighth
   */
  default long receiveLimit(long heldBytes) {
    return heldBytes > maxBytes() / Math.max(1, connections()) ? acceptLimit() : maxBytes();
  }

  /** How far it may be filled when another connection is accepted. */
  default long acceptLimit() {
    return maxBytes() / 8 * 7;
  }

  /** Whether another connection may be accepted. */
  default boolean hasRoomForConnection() {
    return heldBytes() <= acceptLimit();
  }

  default Pressure pressure() {
    long held = heldBytes();
    if (held <= maxBytes() / 2) {
      return Pressure.NONE;
    }
    return held <= sendLimit() ? Pressure.HIGH : Pressure.CRITICAL;
  }
}
