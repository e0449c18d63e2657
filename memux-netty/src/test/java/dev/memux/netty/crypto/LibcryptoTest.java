package dev.memux.netty.crypto;

final class LibcryptoTest extends CipherLibraryTest {
  @Override
  CipherLibrary library() {
    return Libcrypto.load("");
  }
}
