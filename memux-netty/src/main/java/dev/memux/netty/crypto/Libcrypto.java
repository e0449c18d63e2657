package dev.memux.netty.crypto;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.HandshakeCrypto;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSL's libcrypto, 1.1.1 and later, for packet protection and handshakes: no garbage, and from
 * 3.2 on up to twice as fast as the JDK's ciphers. Keys take about a kilobyte of native memory
 * until they are closed.
 */
public final class Libcrypto implements CipherLibrary {
  private static @Nullable Libcrypto loaded;

  private final String name;
  private final long aes128Gcm = Evp.cipher("EVP_aes_128_gcm");
  private final long aes256Gcm = Evp.cipher("EVP_aes_256_gcm");
  private final long aes128 = Evp.cipher("EVP_aes_128_ecb");
  private final long aes256 = Evp.cipher("EVP_aes_256_ecb");
  private final long chaCha20Poly1305 = Evp.cipher("EVP_chacha20_poly1305");
  private final long chaCha20 = Evp.cipher("EVP_chacha20");

  private @Nullable HandshakeCrypto handshakes;

  private Libcrypto() {
    String[] words = Evp.version().split(" ", 3); // such as "OpenSSL 3.0.22 25 Aug 2026"
    this.name = "libcrypto " + (words.length > 1 ? words[1] : words[0]);
  }

  /**
   * Loads the library, and tries it. Only the first call of a process loads one.
   *
   * @param path of the file; empty: the system's
   * @throws UnsupportedOperationException with a reason for people, if it cannot be used
   */
  public static synchronized Libcrypto load(String path) {
    Libcrypto known = loaded;
    if (known == null) {
      Library.find(path);
      Evp.keepToTheEnd();
      known = new Libcrypto();
      known.tryAll();
      loaded = known;
    }
    return known;
  }

  /** A library may have a function and lack what it is for, as in FIPS mode. */
  private void tryAll() {
    PacketProtection protection = newProtection();
    byte[] packet = new byte[1 + HeaderProtection.SAMPLE_BYTES + Aead.TAG_BYTES];
    for (CipherSuite suite : CipherSuite.values()) {
      byte[] key = new byte[suite.keyBytes()];
      try (Aead aead = protection.sealing(suite, key, new byte[Aead.NONCE_BYTES]);
          HeaderProtection header = protection.headerProtection(suite, key)) {
        aead.seal(0, packet, 0, 1, HeaderProtection.SAMPLE_BYTES, packet, 1);
        header.mask(packet, 1);
      } catch (IllegalStateException e) {
        throw new UnsupportedOperationException(name + " has no " + suite, e);
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  /**
   * For handshakes. What it needs is loaded by the first who asks, which takes some milliseconds.
   *
   * @throws UnsupportedOperationException with a reason for people, if it cannot be used
   */
  public synchronized HandshakeCrypto handshakes() {
    HandshakeCrypto known = handshakes;
    if (known == null) {
      known = LibcryptoHandshakes.load();
      handshakes = known;
    }
    return known;
  }

  @Override
  public PacketProtection newProtection() {
    return new Protection();
  }

  private final class Protection implements PacketProtection {
    private final Workspace workspace = new Workspace();
    private final PacketWindows toSeal = new PacketWindows();
    private final PacketWindows toOpen = new PacketWindows();

    @Override
    public String name() {
      return name;
    }

    @Override
    public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
      return new LibcryptoAead(cipher(suite), key, iv, true, workspace, toSeal);
    }

    @Override
    public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
      return new LibcryptoAead(cipher(suite), key, iv, false, workspace, toOpen);
    }

    private long cipher(CipherSuite suite) {
      return switch (suite) {
        case TLS_AES_128_GCM_SHA256 -> aes128Gcm;
        case TLS_AES_256_GCM_SHA384 -> aes256Gcm;
        case TLS_CHACHA20_POLY1305_SHA256 -> chaCha20Poly1305;
      };
    }

    @Override
    public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
      return switch (suite) {
        case TLS_AES_128_GCM_SHA256 -> new AesHeaderProtection(suite, aes128, key, workspace);
        case TLS_AES_256_GCM_SHA384 -> new AesHeaderProtection(suite, aes256, key, workspace);
        case TLS_CHACHA20_POLY1305_SHA256 -> new ChaCha20HeaderProtection(chaCha20, key, workspace);
      };
    }
  }
}
