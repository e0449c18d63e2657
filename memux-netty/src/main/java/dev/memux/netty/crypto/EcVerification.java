package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.InvalidKeyException;
import java.security.interfaces.ECPublicKey;

/** Checks signatures of ECDSA. */
final class EcVerification {
  private EcVerification() {}

  /**
   * @throws InvalidKeyException if the key is not on the curve
   */
  static boolean verify(EcCurve curve, ECPublicKey publicKey, byte[] content, byte[] signed)
      throws InvalidKeyException {
    byte[] point = curve.encode(publicKey.getW());
    byte[] digest = curve.digest(content);
    try (NativeHandle key = curve.newKey();
        Arena arena = Arena.ofConfined()) {
      MemorySegment encoded = arena.allocateFrom(JAVA_BYTE, point);
      if (EcFunctions.setPublic(key.address(), encoded.address(), point.length) != 1) {
        PkeyFunctions.forgetErrors();
        throw new InvalidKeyException("no point of " + curve);
      }
      MemorySegment in = arena.allocateFrom(JAVA_BYTE, digest);
      MemorySegment signature = arena.allocateFrom(JAVA_BYTE, signed);
      boolean authentic =
          EcFunctions.verify(
                  key.address(), in.address(), digest.length, signature.address(), signed.length)
              == 1;
      if (!authentic) {
        PkeyFunctions.forgetErrors();
      }
      return authentic;
    }
  }
}
