package dev.memux.netty.crypto;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Intel's Multi-Buffer Crypto for IPsec library, 1.x (Debian's {@code libipsec-mb1}), for AES-GCM;
 * what it lacks libcrypto does. One call seals or opens a packet, with VAES and AVX-512 where the
 * processor has them. Keys take a kilobyte of native memory until they are closed.
 */
public final class IpsecMb implements CipherLibrary {
  private static @Nullable IpsecMb loaded;

  private final String name = "ipsec-mb " + GcmCalls.version();
  private final CipherLibrary rest;

  private IpsecMb(CipherLibrary rest) {
    this.rest = rest;
  }

  /**
   * Loads the library, and tries it. Only the first call of a process loads one.
   *
   * @param path of the file; empty: the system's
   * @param rest for what is not AES-GCM
   * @throws UnsupportedOperationException with a reason for people, if it cannot be used
   */
  public static synchronized IpsecMb load(String path, CipherLibrary rest) {
    IpsecMb known = loaded;
    if (known == null) {
      GcmCalls.find(path);
      known = new IpsecMb(rest);
      known.requireAgreement();
      loaded = known;
    }
    return known;
  }

  /** Nothing but its own tests says that a library of this name does what it should. */
  private void requireAgreement() {
    PacketProtection here = newProtection();
    PacketProtection there = rest.newProtection();
    for (CipherSuite suite : CipherSuite.values()) {
      byte[] key = new byte[suite.keyBytes()];
      byte[] iv = new byte[Aead.NONCE_BYTES];
      Arrays.fill(key, (byte) 0x5a);
      try (Aead sealing = here.sealing(suite, key, iv);
          Aead expected = there.sealing(suite, key, iv)) {
        for (int bytes = 1; bytes < 4096; bytes = bytes * 2 + 1) {
          byte[] packet = new byte[1 + bytes + Aead.TAG_BYTES];
          byte[] other = packet.clone();
          sealing.seal(bytes, packet, 0, 1, bytes, packet, 1);
          expected.seal(bytes, other, 0, 1, bytes, other, 1);
          if (!Arrays.equals(packet, other)) {
            throw new UnsupportedOperationException(name + " does not agree with " + rest.name());
          }
        }
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public PacketProtection newProtection() {
    return new Protection();
  }

  private final class Protection implements PacketProtection {
    private final PacketProtection others = rest.newProtection();
    private final Workspace workspace = new Workspace();
    private final PacketWindows toSeal = new PacketWindows();
    private final PacketWindows toOpen = new PacketWindows();

    @Override
    public String name() {
      return name;
    }

    @Override
    public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
      return isGcm(suite)
          ? new IpsecMbAead(key, iv, workspace, toSeal)
          : others.sealing(suite, key, iv);
    }

    @Override
    public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
      return isGcm(suite)
          ? new IpsecMbAead(key, iv, workspace, toOpen)
          : others.opening(suite, key, iv);
    }

    private static boolean isGcm(CipherSuite suite) {
      return suite != CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
    }

    @Override
    public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
      return others.headerProtection(suite, key);
    }
  }
}
