package dev.memux.netty.crypto;

final class IpsecMbMemoryTest extends CipherMemoryTest {
  @Override
  CipherLibrary library() {
    return IpsecMbTest.installed();
  }
}
