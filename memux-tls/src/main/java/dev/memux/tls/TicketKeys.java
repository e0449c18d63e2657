package dev.memux.tls;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys with which servers encrypt their session tickets (RFC 8446 §4.6.1), so that they need
 * not remember sessions. Share one among all configurations and threads whose tickets should be
 * good for one another; calls never block.
 *
 * <p>Keys change by themselves: each encrypts for a quarter of the tickets' lifetime and decrypts
 * until its last ticket has expired, so that a key that leaks opens little. They are only in
 * memory: after a restart clients shake hands in full.
 */
public final class TicketKeys {
  /** One encrypts, four more may have tickets about; one is about to go. */
  static final int MAX_KEYS = 6;

  private static final int KEYS_PER_LIFETIME = 4;
  private static final Duration MAX_LIFETIME = Duration.ofDays(7); // RFC 8446 §4.6.1
  private static final int NAME_BYTES = 16;
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  private final long lifetimeMillis;
  private final InstantSource clock;
  private final SecureRandom random;
  private final AtomicReference<List<Key>> keys = new AtomicReference<>(List.of());

  private record Key(byte[] name, SecretKeySpec secret, long createdMillis) {
    @Override
    public String toString() {
      return "Key[" + createdMillis + "]";
    }
  }

  /**
   * @param lifetime of tickets, from a second to seven days; also the longest time for which a
   *     session can be resumed before both sides prove again who they are
   * @param clock time of day; may be any that does not go back
   * @param random for keys and nonces; must be safe for use by many threads, as the JDK's is
   */
  public TicketKeys(Duration lifetime, InstantSource clock, SecureRandom random) {
    if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(MAX_LIFETIME) > 0) {
      throw new IllegalArgumentException("a ticket lifetime of " + lifetime);
    }
    this.lifetimeMillis = lifetime.toMillis();
    this.clock = clock;
    this.random = random;
  }

  long nowMillis() {
    return clock.millis();
  }

  /** How long from now a session can be resumed; 0 or less: no more. */
  long remainingMillis(Ticket ticket) {
    long ageMillis = nowMillis() - ticket.authenticatedMillis();
    return ageMillis < 0 ? 0 : lifetimeMillis - ageMillis;
  }

  /** Encrypts a ticket's content: key name, nonce, ciphertext. */
  byte[] seal(byte[] content) {
    Key key = current();
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] header = Arrays.copyOf(key.name, NAME_BYTES + NONCE_BYTES);
    System.arraycopy(nonce, 0, header, NAME_BYTES, NONCE_BYTES);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(content);
      byte[] ticket = Arrays.copyOf(header, header.length + sealed.length);
      System.arraycopy(sealed, 0, ticket, header.length, sealed.length);
      return ticket;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not encrypt", e);
    }
  }

  /** The content of a ticket, or null: not one of ours, or too old. */
  byte @Nullable [] open(byte[] ticket) {
    if (ticket.length < NAME_BYTES + NONCE_BYTES + TAG_BYTES) {
      return null;
    }
    for (Key key : keys.get()) {
      if (Arrays.equals(key.name, 0, NAME_BYTES, ticket, 0, NAME_BYTES)) {
        return isKept(key, nowMillis()) ? decrypt(key, ticket) : null;
      }
    }
    return null;
  }

  int keyCount() {
    return keys.get().size();
  }

  private static byte @Nullable [] decrypt(Key key, byte[] ticket) {
    byte[] nonce = Arrays.copyOfRange(ticket, NAME_BYTES, NAME_BYTES + NONCE_BYTES);
    int from = NAME_BYTES + NONCE_BYTES;
    try {
      return cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(ticket, from, ticket.length - from);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not decrypt", e);
    }
  }

  private static Cipher cipher(int mode, Key key, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.secret, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    cipher.updateAAD(key.name);
    return cipher;
  }

  /** The key to encrypt with; makes a new one when it is time. */
  private Key current() {
    long now = nowMillis();
    while (true) {
      List<Key> before = keys.get();
      if (!before.isEmpty() && isFresh(before.getFirst(), now)) {
        return before.getFirst();
      }
      List<Key> after = new ArrayList<>();
      after.add(newKey(now));
      for (Key key : before) {
        if (isKept(key, now) && after.size() < MAX_KEYS) {
          after.add(key);
        }
      }
      // If another thread was faster, its key is taken.
      if (keys.compareAndSet(before, List.copyOf(after))) {
        return after.getFirst();
      }
    }
  }

  private Key newKey(long now) {
    byte[] name = new byte[NAME_BYTES];
    byte[] secret = new byte[KEY_BYTES];
    random.nextBytes(name);
    random.nextBytes(secret);
    Key key = new Key(name, new SecretKeySpec(secret, "AES"), now);
    Arrays.fill(secret, (byte) 0);
    return key;
  }

  private boolean isFresh(Key key, long now) {
    return now - key.createdMillis < rotationMillis();
  }

  /** Whether a ticket that it encrypted may still be good. */
  private boolean isKept(Key key, long now) {
    return now - key.createdMillis < rotationMillis() + lifetimeMillis;
  }

  private long rotationMillis() {
    return lifetimeMillis / KEYS_PER_LIFETIME;
  }
}
