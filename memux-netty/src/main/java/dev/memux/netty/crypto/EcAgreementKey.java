package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.memux.tls.HandshakeCrypto.AgreementKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;

/** An ephemeral key on P-256. */
final class EcAgreementKey implements AgreementKey {
  private static final EcCurve CURVE = EcCurve.P256;

  private final NativeHandle key;
  private final byte[] share;

  private EcAgreementKey(NativeHandle key, byte[] share) {
    this.key = key;
    this.share = share;
  }

  static EcAgreementKey generate() {
    NativeHandle key = CURVE.newKey();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment point = arena.allocate(CURVE.pointBytes());
      if (EcFunctions.generate(key.address()) != 1
          || EcFunctions.encodePublic(key.address(), point.address(), point.byteSize())
              != point.byteSize()) {
        PkeyFunctions.forgetErrors();
        key.close();
        throw new IllegalStateException("libcrypto makes no key on " + CURVE);
      }
      return new EcAgreementKey(key, point.toArray(JAVA_BYTE));
    }
  }

  @Override
  public byte[] share() {
    return share.clone();
  }

  @Override
  public byte[] agree(byte[] peerShare) throws GeneralSecurityException {
    try (NativeHandle peer = CURVE.newKey();
        Arena arena = Arena.ofConfined()) {
      MemorySegment point = arena.allocateFrom(JAVA_BYTE, peerShare);
      MemorySegment secret = arena.allocate(CURVE.coordinateBytes());
      if (EcFunctions.setPublic(peer.address(), point.address(), peerShare.length) != 1) {
        PkeyFunctions.forgetErrors();
        throw new InvalidKeyException("no point of " + CURVE);
      }
      int bytes =
          EcFunctions.agree(key.address(), peer.address(), secret.address(), secret.byteSize());
      if (bytes != secret.byteSize()) {
        PkeyFunctions.forgetErrors();
        throw new GeneralSecurityException("libcrypto agrees on nothing");
      }
      byte[] agreed = secret.toArray(JAVA_BYTE);
      secret.fill((byte) 0);
      return agreed;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public void close() {
    key.close();
  }
}
