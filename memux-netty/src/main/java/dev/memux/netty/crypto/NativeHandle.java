package dev.memux.netty.crypto;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * An object in native memory that {@link #close} frees; or the garbage collector, if nobody closes.
 * One thread at a time closes; whoever uses the address meanwhile must not.
 */
final class NativeHandle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong OPEN = new AtomicLong();

  /** What is to be done in the end. Knows nothing of its owner, which could never go otherwise. */
  private record Release(long address, LongConsumer free) implements Runnable {
    @Override
    public void run() {
      OPEN.getAndDecrement();
      free.accept(address);
    }
  }

  private final Cleaner.Cleanable release;
  private long address;

  /**
   * @param address that a function of libcrypto has given; 0: it had no memory
   */
  NativeHandle(long address, LongConsumer free) {
    if (address == 0) {
      throw new OutOfMemoryError("native memory for a key");
    }
    this.address = address;
    OPEN.getAndIncrement();
    release = CLEANER.register(this, new Release(address, free));
  }

  /** How many there are in this process that have not been freed. */
  static long open() {
    return OPEN.get();
  }

  /** Good for as long as this object is reachable. */
  long address() {
    if (address == 0) {
      throw new IllegalStateException("closed");
    }
    return address;
  }

  @Override
  public void close() {
    address = 0;
    release.clean();
  }
}
