package dev.memux.engine.quic;

import dev.memux.tls.EncryptionLevel;
import dev.memux.tls.TlsAlertException;
import dev.memux.tls.TlsHandshake;
import org.jspecify.annotations.Nullable;

/**
 * TLS reads what has arrived. Touches nothing but TLS, so that any thread may run it while the
 * connection leaves TLS alone; runs once.
 */
final class HandshakeWork implements Runnable {
  private final TlsHandshake tls;
  private final EncryptionLevel level;
  private final byte[] bytes;
  private boolean taken;
  private boolean done;
  private @Nullable TlsAlertException alert;
  private @Nullable Throwable fault;

  HandshakeWork(TlsHandshake tls, EncryptionLevel level, byte[] bytes) {
    this.tls = tls;
    this.level = level;
    this.bytes = bytes;
  }

  /** Whether nobody has taken it before. */
  boolean take() {
    boolean first = !taken;
    taken = true;
    return first;
  }

  @Override
  public void run() {
    try {
      tls.receive(level, bytes, 0, bytes.length);
    } catch (TlsAlertException e) {
      alert = e;
    } catch (RuntimeException | Error e) {
      fault = e; // for the connection's thread
    } finally {
      done = true;
    }
  }

  /**
   * What TLS finds wrong; null if nothing.
   *
   * @throws IllegalStateException if it failed for a reason of its own
   */
  @Nullable TlsAlertException alert() {
    if (!done) {
      throw new IllegalStateException("the handshake's work is not done");
    }
    if (fault != null) {
      throw new IllegalStateException("the handshake has failed", fault);
    }
    return alert;
  }
}
