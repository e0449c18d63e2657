package dev.memux.tls;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys with which a server seals what it hands to clients and takes back later, so that it need
 * not remember it: session tickets (RFC 8446 §4.6.1) and address tokens (RFC 9000 §8.1). Nobody
 * else can read or change it. Safe for use by many threads; calls never block.
 *
 * <p>Keys change by themselves: each seals for a quarter of the lifetime and opens until the last
 * that it sealed has expired, so that a key that leaks opens little. They are only in memory: what
 * was sealed before a restart is worth nothing after it.
 */
public final class KeyRing {
  /** One seals, four more may have something about; one is about to go. */
  static final int MAX_KEYS = 6;

  /** What sealing adds: the key's name, a nonce, the tag. */
  public static final int OVERHEAD_BYTES =
      KeyRing.NAME_BYTES + KeyRing.NONCE_BYTES + KeyRing.TAG_BYTES;

  private static final int KEYS_PER_LIFETIME = 4;
  private static final int NAME_BYTES = 16;
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  private final long lifetime;
  private final SecureRandom random;
  private final AtomicReference<List<Key>> keys = new AtomicReference<>(List.of());

  /**
   * Not in use, as many as threads were here at once: the JDK takes longer to find a cipher than to
   * give it a key.
   */
  private final Queue<Cipher> ciphers = new ConcurrentLinkedQueue<>();

  private record Key(byte[] name, SecretKeySpec secret, long created) {
    @Override
    public String toString() {
      return "Key[" + created + "]";
    }
  }

  /**
   * @param lifetime of what is sealed, at least four, in the unit of the times that the other
   *     methods are given; any clock that does not go back will do
   * @param random for keys and nonces; must be safe for use by many threads, as the JDK's is
   */
  public KeyRing(long lifetime, SecureRandom random) {
    if (lifetime < KEYS_PER_LIFETIME) {
      throw new IllegalArgumentException("a lifetime of " + lifetime);
    }
    this.lifetime = lifetime;
    this.random = random;
  }

  /**
   * Encrypts and authenticates.
   *
   * @param context authenticated with it; to be the same when it is opened
   * @return {@link #OVERHEAD_BYTES} longer than {@code content}
   */
  public byte[] seal(byte[] content, byte[] context, long now) {
    Key key = current(now);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] sealed = Arrays.copyOf(key.name, OVERHEAD_BYTES + content.length);
    System.arraycopy(nonce, 0, sealed, NAME_BYTES, NONCE_BYTES);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, context);
      cipher.doFinal(content, 0, content.length, sealed, NAME_BYTES + NONCE_BYTES);
      ciphers.add(cipher);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not encrypt", e);
    }
  }

  /** The content, or null: not sealed here, or for another context, or too long ago. */
  public byte @Nullable [] open(byte[] sealed, byte[] context, long now) {
    if (sealed.length < OVERHEAD_BYTES) {
      return null;
    }
    for (Key key : keys.get()) {
      if (Arrays.equals(key.name, 0, NAME_BYTES, sealed, 0, NAME_BYTES)) {
        return isKept(key, now) ? decrypt(key, sealed, context) : null;
      }
    }
    return null;
  }

  int keyCount() {
    return keys.get().size();
  }

  private byte @Nullable [] decrypt(Key key, byte[] sealed, byte[] context) {
    byte[] nonce = Arrays.copyOfRange(sealed, NAME_BYTES, NAME_BYTES + NONCE_BYTES);
    int from = NAME_BYTES + NONCE_BYTES;
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce, context);
      byte[] content = cipher.doFinal(sealed, from, sealed.length - from);
      ciphers.add(cipher);
      return content;
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not decrypt", e);
    }
  }

  private Cipher cipher(int mode, Key key, byte[] nonce, byte[] context)
      throws GeneralSecurityException {
    Cipher kept = ciphers.poll();
    Cipher cipher = kept == null ? Cipher.getInstance("AES/GCM/NoPadding") : kept;
    cipher.init(mode, key.secret, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    cipher.updateAAD(key.name);
    cipher.updateAAD(context);
    return cipher;
  }

  /** The key to seal with; makes a new one when it is time. */
  private Key current(long now) {
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
    return now - key.created < rotation();
  }

  /** Whether something that it sealed may still be good. */
  private boolean isKept(Key key, long now) {
    return now - key.created < rotation() + lifetime;
  }

  private long rotation() {
    return lifetime / KEYS_PER_LIFETIME;
  }
}
