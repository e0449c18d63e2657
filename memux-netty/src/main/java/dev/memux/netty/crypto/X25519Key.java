package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.memux.tls.HandshakeCrypto.AgreementKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.security.InvalidKeyException;

/** An ephemeral key of X25519 (RFC 7748). */
final class X25519Key implements AgreementKey {
  /** As libcrypto calls it. */
  private static final int TYPE = 1034;

  private static final int BYTES = 32;

  private final NativeHandle key;
  private final byte[] share;

  private X25519Key(NativeHandle key, byte[] share) {
    this.key = key;
    this.share = share;
  }

  static X25519Key generate() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment made = arena.allocate(JAVA_LONG);
      if (PkeyFunctions.generate(TYPE, made.address()) != 1) {
        throw failed();
      }
      NativeHandle key = new NativeHandle(made.get(JAVA_LONG, 0), PkeyFunctions::free);
      MemorySegment share = arena.allocate(BYTES);
      MemorySegment length = arena.allocateFrom(JAVA_LONG, BYTES);
      if (PkeyFunctions.encodePublic(key.address(), share.address(), length.address()) != 1) {
        key.close();
        throw failed();
      }
      return new X25519Key(key, share.toArray(JAVA_BYTE));
    }
  }

  private static IllegalStateException failed() {
    PkeyFunctions.forgetErrors();
    return new IllegalStateException("libcrypto makes no key of X25519");
  }

  @Override
  public byte[] share() {
    return share.clone();
  }

  /** RFC 7748 §6.1: libcrypto gives no secret for a point of low order. */
  @Override
  public byte[] agree(byte[] peerShare) throws InvalidKeyException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment encoded = arena.allocateFrom(JAVA_BYTE, peerShare);
      long parsed = PkeyFunctions.newPublic(TYPE, encoded.address(), peerShare.length);
      try (NativeHandle peer = new NativeHandle(parsed, PkeyFunctions::free)) {
        MemorySegment secret = arena.allocate(BYTES);
        MemorySegment length = arena.allocateFrom(JAVA_LONG, BYTES);
        int ok =
            PkeyFunctions.derive(key.address(), peer.address(), secret.address(), length.address());
        if (ok != 1) {
          PkeyFunctions.forgetErrors();
          throw new InvalidKeyException("a point of low order");
        }
        byte[] agreed = secret.toArray(JAVA_BYTE);
        secret.fill((byte) 0);
        return agreed;
      }
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public void close() {
    key.close();
  }
}
