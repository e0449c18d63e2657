package dev.memux.netty.libcrypto;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A cipher under a key, in native memory that {@link #close} frees; or the garbage collector, if
 * nobody closes. One thread at a time.
 */
final class CipherContext implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong OPEN = new AtomicLong();

  /** What is to be freed. Knows nothing of its owner, which could never go otherwise. */
  private static final class Memory implements Runnable {
    private final long address = Evp.newContext();

    Memory() {
      if (address == 0) {
        throw new OutOfMemoryError("native memory for a key");
      }
      OPEN.getAndIncrement();
    }

    @Override
    public void run() {
      OPEN.getAndDecrement();
      Evp.freeContext(address);
    }
  }

  private final Cleaner.Cleanable memory;
  private long address;

  /**
   * @param cipher of {@link Evp#cipher}
   */
  CipherContext(long cipher, byte[] key, boolean encrypts, Workspace workspace) {
    Memory allocated = new Memory();
    this.memory = CLEANER.register(this, allocated);
    this.address = allocated.address;
    workspace.fill(key, 0, key.length);
    int ok = Evp.init(address, cipher, workspace.packet(), encrypts);
    workspace.wipe(key.length);
    if (ok != 1) {
      close();
      throw new IllegalStateException("libcrypto does not take the key");
    }
  }

  /** How many there are in this process that have not been freed. */
  static long open() {
    return OPEN.get();
  }

  /** For functions of {@link Evp}. Good for as long as this object is reachable. */
  long address() {
    if (address == 0) {
      throw new IllegalStateException("closed");
    }
    return address;
  }

  @Override
  public void close() {
    address = 0;
    memory.clean();
  }
}
