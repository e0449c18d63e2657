package dev.memux.netty;

import dev.memux.engine.packet.PacketProtection;
import dev.memux.netty.crypto.CipherLibrary;
import dev.memux.netty.crypto.CipherTrial;
import dev.memux.netty.crypto.IpsecMb;
import dev.memux.netty.crypto.Libcrypto;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who protects the packets of this process' QUIC connections: libcrypto, with ipsec-mb for AES-GCM,
 * where they are there and native access is enabled, unless the JDK's ciphers prove to be faster.
 *
 * <p>Nothing waits for that. The first key has a thread find the libraries, which then have the
 * next keys: before the JVM has compiled anything, they are by far faster. What the JDK can do
 * shows only after tens of thousands of packets, so that thread begins to compare all a second
 * later, a few milliseconds at a time, and changes at most what keys to come are made by.
 */
public final class PacketCiphers {
  /** System property: the path of a libcrypto instead of the system's, or {@value #OFF}. */
  public static final String PROPERTY = "dev.memux.libcrypto";

  /** System property: the path of an ipsec-mb instead of the system's, or {@value #OFF}. */
  public static final String IPSEC_MB_PROPERTY = "dev.memux.ipsec-mb";

  /**
   * Value of {@value #PROPERTY} that leaves everything to the JDK, and of {@value
   * #IPSEC_MB_PROPERTY} that leaves AES-GCM to libcrypto.
   */
  public static final String OFF = "off";

  private static final Logger LOG = LoggerFactory.getLogger(PacketCiphers.class);

  /** By then most programs have begun what they were started for, or are done. */
  private static final long TRIAL_DELAY_MILLIS = 1000;

  /** Between two pieces of the comparison: it takes one in ten or so of a processor's time. */
  private static final long TRIAL_PAUSE_MILLIS = 20;

  /** Down to zero: somebody waits. */
  private static final CountDownLatch HURRY = new CountDownLatch(1);

  private static final CountDownLatch SETTLED = new CountDownLatch(1);

  /** Null: the JDK. */
  private static volatile @Nullable CipherLibrary choice;

  private PacketCiphers() {}

  /** For the keys of one event loop. They are made by whoever is chosen when they are made. */
  static PacketProtection newProtection() {
    return new ChosenProtection();
  }

  /**
   * Blocks until the choice is made, and that of who does handshakes, about half a second in a JVM
   * that has just begun: for who is going to measure.
   *
   * @return what it has fallen on, such as {@code ipsec-mb 1.3.0}, {@code libcrypto 3.0.22} or
   *     {@code JDK}
   */
  public static String settle() throws InterruptedException {
    Choosing.start();
    HURRY.countDown();
    SETTLED.await();
    HandshakeCryptoChoice.settle();
    CipherLibrary chosen = choice;
    return chosen == null ? PacketProtection.JDK.name() : chosen.name();
  }

  /** What keys are made by now; null: the JDK's ciphers. The first question begins the search. */
  static @Nullable CipherLibrary choice() {
    Choosing.start();
    return choice;
  }

  /** A class is initialised once, by the first who asks. */
  private static final class Choosing {
    static {
      Thread thread = new Thread(PacketCiphers::choose, "memux-packet-ciphers");
      thread.setDaemon(true);
      thread.start();
    }

    static void start() {}
  }

  private static void choose() {
    try {
      List<CipherLibrary> found = find();
      choice = found.getFirst();
      pause(TRIAL_DELAY_MILLIS);
      CipherTrial trial = CipherTrial.run(found, () -> pause(TRIAL_PAUSE_MILLIS));
      choice = trial.best();
      LOG.info("Packet protection: {}", trial);
    } catch (UnsupportedOperationException e) {
      LOG.info("Packet protection by the JDK's ciphers: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      SETTLED.countDown();
    }
  }

  /** What is likely to be the faster one first. */
  private static List<CipherLibrary> find() {
    Libcrypto libcrypto = Libcrypto.load(configuredPath());
    String path = System.getProperty(IPSEC_MB_PROPERTY, "");
    if (path.equals(OFF)) {
      return List.of(libcrypto);
    }
    try {
      return List.of(IpsecMb.load(path, libcrypto), libcrypto);
    } catch (UnsupportedOperationException e) {
      LOG.debug("Packet protection without ipsec-mb: {}", e.getMessage());
      return List.of(libcrypto);
    }
  }

  private static void pause(long millis) throws InterruptedException {
    HURRY.await(millis, TimeUnit.MILLISECONDS);
  }

  /**
   * The path of the libcrypto to be used; empty: the system's.
   *
   * @throws UnsupportedOperationException if none is
   */
  static String configuredPath() {
    String configured = System.getProperty(PROPERTY, "");
    if (configured.equals(OFF)) {
      throw new UnsupportedOperationException("as " + PROPERTY + " says");
    }
    return configured;
  }
}
