package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

/** Asserts how handshakes fail. */
final class Alerts {
  private Alerts() {}

  static TlsAlertException assertAlert(AlertDescription expected, Executable action) {
    return assertAlert(expected, "", action);
  }

  static TlsAlertException assertAlert(AlertDescription expected, String what, Executable action) {
    TlsAlertException e = assertThrows(TlsAlertException.class, action, what);
    assertEquals(expected, e.alert(), what + ": " + e.getMessage());
    assertEquals(0, e.getStackTrace().length);
    return e;
  }

  /** The peer breaks a rule that RFC 9001 adds, whose error is the transport's. */
  static void assertViolatesQuic(Peer peer, String what, EncryptionLevel level, byte[] bytes) {
    TlsAlertException first =
        assertThrows(TlsAlertException.class, () -> peer.receive(level, bytes), what);
    assertEquals(0x0a, first.transportError(), what); // PROTOCOL_VIOLATION, RFC 9000 §20.1
    assertRefuses(peer, first.alert(), what, level, bytes);
  }

  /** The peer refuses {@code bytes} and is dead from then on. */
  static void assertRefuses(
      Peer peer, AlertDescription expected, EncryptionLevel level, byte[] bytes) {
    assertRefuses(peer, expected, "", level, bytes);
  }

  static void assertRefuses(
      Peer peer, AlertDescription expected, String what, EncryptionLevel level, byte[] bytes) {
    TlsAlertException first = assertAlert(expected, what, () -> peer.receive(level, bytes));
    assertNull(peer.handshake.pollEvent());
    assertSame(
        first,
        assertThrows(
            TlsAlertException.class, () -> peer.receive(EncryptionLevel.HANDSHAKE, new byte[9])));
  }
}
