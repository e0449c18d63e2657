package dev.memux.netty;

import dev.memux.netty.crypto.Libcrypto;
import dev.memux.tls.HandshakeCrypto;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who does the arithmetic of this process' handshakes: libcrypto, where there is one and native
 * access is enabled (see {@link PacketCiphers}), as it is faster than the JDK, above all before the
 * JVM's compilers have been at the JDK's.
 *
 * <p>No handshake waits for it, and who shakes hands but once does without: the second handshake
 * has a thread load it, which those have that follow.
 */
final class HandshakeCryptoChoice {
  /** That loads it, and then ends. */
  static final String THREAD = "memux-handshake-crypto";

  private static final Logger LOG = LoggerFactory.getLogger(HandshakeCryptoChoice.class);

  private static final int FIRST_THAT_LOADS = 2;

  private static final AtomicInteger BEGUN = new AtomicInteger();

  private static volatile HandshakeCrypto choice = HandshakeCrypto.JDK;

  private HandshakeCryptoChoice() {}

  /** By whom a handshake is done that begins now. */
  static HandshakeCrypto next() {
    if (BEGUN.get() < FIRST_THAT_LOADS && BEGUN.incrementAndGet() == FIRST_THAT_LOADS) {
      Thread thread = new Thread(HandshakeCryptoChoice::load, THREAD);
      thread.setDaemon(true);
      thread.start();
    }
    return choice;
  }

  /** Loads it now, if that has not been done: for who is going to measure. */
  static void settle() {
    if (BEGUN.getAndSet(FIRST_THAT_LOADS) < FIRST_THAT_LOADS) {
      load();
    }
  }

  private static void load() {
    try {
      Libcrypto library = Libcrypto.load(PacketCiphers.configuredPath());
      choice = library.handshakes();
      LOG.info("Handshakes by {}", library.name());
    } catch (UnsupportedOperationException e) {
      LOG.info("Handshakes by the JDK: {}", e.getMessage());
    }
  }
}
