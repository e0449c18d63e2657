package dev.memux.netty.crypto;

final class LibcryptoMemoryTest extends CipherMemoryTest {
  @Override
  CipherLibrary library() {
    return Libcrypto.load("");
  }
}
