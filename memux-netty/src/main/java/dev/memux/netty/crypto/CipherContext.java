package dev.memux.netty.crypto;

/**
 * A cipher under a key, in native memory that {@link #close} frees; or the garbage collector, if
 * nobody closes. One thread at a time.
 */
final class CipherContext implements AutoCloseable {
  private final NativeHandle handle = new NativeHandle(Evp.newContext(), Evp::freeContext);

  /**
   * @param cipher of {@link Evp#cipher}
   */
  CipherContext(long cipher, byte[] key, boolean encrypts, Workspace workspace) {
    workspace.putKey(key);
    int ok = Evp.init(handle.address(), cipher, workspace.key(), encrypts);
    workspace.wipeKey();
    if (ok != 1) {
      close();
      throw new IllegalStateException("libcrypto does not take the key");
    }
  }

  /** For functions of {@link Evp}. Good for as long as this object is reachable. */
  long address() {
    return handle.address();
  }

  @Override
  public void close() {
    handle.close();
  }
}
