package dev.memux.tls;

import static dev.memux.tls.CipherSuite.TLS_AES_128_GCM_SHA256;
import static dev.memux.tls.CipherSuite.TLS_AES_256_GCM_SHA384;
import static dev.memux.tls.CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
import static dev.memux.tls.Messages.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HkdfTest {
  private static final byte[] NONE = {};

  // RFC 9001 §A.1
  @Test
  void derivesTheInitialSecretsOfQuic() {
    byte[] salt = hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    byte[] initial = Hkdf.extract(TLS_AES_128_GCM_SHA256, salt, hex("8394c8f03e515708"));
    assertArrayEquals(
        hex("7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"), initial);

    byte[] client = expand(initial, "client in", 32);
    assertArrayEquals(
        hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"), client);
    assertArrayEquals(hex("1f369613dd76d5467730efcbe3b1a22d"), expand(client, "quic key", 16));
    assertArrayEquals(hex("fa044b2f42a3fd3b46fb255c"), expand(client, "quic iv", 12));
    assertArrayEquals(hex("9f50449e04a0e810283a1e9933adedd2"), expand(client, "quic hp", 16));

    byte[] server = expand(initial, "server in", 32);
    assertArrayEquals(
        hex("3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b"), server);
    assertArrayEquals(hex("cf3a5331653c364c88f0f379b6067e37"), expand(server, "quic key", 16));
    assertArrayEquals(hex("0ac1493ca1905853b0bba03e"), expand(server, "quic iv", 12));
    assertArrayEquals(hex("c206b8d9b9f0f37644430b490eeaa314"), expand(server, "quic hp", 16));
  }

  // RFC 9001 §A.5
  @Test
  void derivesTheKeysOfTheChaChaSample() {
    byte[] secret = hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
    CipherSuite suite = TLS_CHACHA20_POLY1305_SHA256;
    assertArrayEquals(
        hex("c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8"),
        Hkdf.expandLabel(suite, secret, "quic key", NONE, 32));
    assertArrayEquals(
        hex("e0459b3474bdd0e44a41c144"), Hkdf.expandLabel(suite, secret, "quic iv", NONE, 12));
    assertArrayEquals(
        hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"),
        Hkdf.expandLabel(suite, secret, "quic hp", NONE, 32));
    assertArrayEquals(
        hex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"),
        Hkdf.expandLabel(suite, secret, "quic ku", NONE, 32));
  }

  @Test
  void longerOutputContinuesShorterOnlyThroughItsBlocks() {
    // The length is part of what is hashed, so outputs of two lengths have nothing in common.
    byte[] secret = new byte[48];
    byte[] a = Hkdf.expandLabel(TLS_AES_256_GCM_SHA384, secret, "x", NONE, 100);
    byte[] b = Hkdf.expandLabel(TLS_AES_256_GCM_SHA384, secret, "x", NONE, 48);
    assertEquals(100, a.length);
    assertEquals(false, Arrays.equals(Arrays.copyOf(a, 48), b));
    assertEquals(false, Arrays.equals(Arrays.copyOf(a, 48), Arrays.copyOfRange(a, 48, 96)));
  }

  // RFC 5869 §A.3, whose expansion has no label: only Extract is comparable.
  @Test
  void anEmptySaltMeansZeros() {
    byte[] key = new byte[22];
    Arrays.fill(key, (byte) 0x0b);
    assertArrayEquals(
        hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
        Hkdf.extract(TLS_AES_128_GCM_SHA256, NONE, key));
  }

  @Test
  void whatCannotBeEncodedIsRefused() {
    byte[] secret = new byte[32];
    assertThrows(IllegalArgumentException.class, () -> expand(secret, "x".repeat(250), 1));
    assertThrows(IllegalArgumentException.class, () -> expand(secret, "x", 255 * 32 + 1));
    assertThrows(IllegalArgumentException.class, () -> expand(secret, "x", -1));
    assertThrows(
        IllegalArgumentException.class,
        () -> Hkdf.expandLabel(TLS_AES_128_GCM_SHA256, secret, "x", new byte[256], 1));
    assertEquals(255 * 32, expand(secret, "x".repeat(249), 255 * 32).length);
  }

  private static byte[] expand(byte[] secret, String label, int length) {
    return Hkdf.expandLabel(TLS_AES_128_GCM_SHA256, secret, label, NONE, length);
  }
}
