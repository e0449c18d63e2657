package dev.memux.netty.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

final class IpsecMbTest extends CipherLibraryTest {
  /** Skips the tests where there is none: it is for x86 alone. */
  static CipherLibrary installed() {
    try {
      return IpsecMb.load("", Libcrypto.load(""));
    } catch (UnsupportedOperationException e) {
      throw new TestAbortedException(e.getMessage(), e);
    }
  }

  @Override
  CipherLibrary library() {
    return installed();
  }

  @Test
  void saysWhatItIs() {
    assertTrue(library().name().matches("ipsec-mb 1\\.\\d+\\.\\d+"), library().name());
    assertEquals(library().name(), library().newProtection().name());
  }

  @Test
  void refusesOtherLibraries() {
    assertThrows(UnsupportedOperationException.class, () -> GcmCalls.find("libm.so.6"));
    assertThrows(UnsupportedOperationException.class, () -> GcmCalls.find("/no/such/library.so"));
  }
}
