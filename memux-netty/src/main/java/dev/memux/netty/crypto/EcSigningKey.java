package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.memux.tls.HandshakeCrypto.SigningKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;

/** A key for ECDSA that libcrypto has taken over, until nobody has this object any more. */
final class EcSigningKey implements SigningKey {
  private final EcCurve curve;
  private final NativeHandle key;

  EcSigningKey(EcCurve curve, ECPrivateKey privateKey) throws InvalidKeyException {
    this.curve = curve;
    this.key = curve.newKey();
    byte[] number = curve.encode(privateKey.getS());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocateFrom(JAVA_BYTE, number);
      int ok = EcFunctions.setPrivate(key.address(), copy.address(), number.length);
      copy.fill((byte) 0);
      if (ok != 1) {
        PkeyFunctions.forgetErrors();
        key.close();
        throw new InvalidKeyException("libcrypto does not take the private key");
      }
    } finally {
      Arrays.fill(number, (byte) 0);
    }
  }

  @Override
  public byte[] sign(byte[] content, SecureRandom random) throws GeneralSecurityException {
    byte[] digest = curve.digest(content);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocateFrom(JAVA_BYTE, digest);
      MemorySegment out = arena.allocate(curve.maxSignatureBytes());
      MemorySegment length = arena.allocate(JAVA_INT);
      int ok =
          EcFunctions.sign(
              key.address(), in.address(), digest.length, out.address(), length.address());
      if (ok != 1) {
        PkeyFunctions.forgetErrors();
        throw new GeneralSecurityException("libcrypto does not sign");
      }
      return out.asSlice(0, length.get(JAVA_INT, 0)).toArray(JAVA_BYTE);
    } finally {
      Reference.reachabilityFence(this);
    }
  }
}
