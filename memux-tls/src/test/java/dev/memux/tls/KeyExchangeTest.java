package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.Messages.hex;
import static dev.memux.tls.NamedGroup.SECP256R1;
import static dev.memux.tls.NamedGroup.X25519;
import static dev.memux.tls.NamedGroup.X25519MLKEM768;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyExchangeTest {
  private final KeyExchange x25519 =
      KeyExchange.generate(X25519, HandshakeCrypto.JDK, new SeededRandom(1));
  private final KeyExchange p256 =
      KeyExchange.generate(SECP256R1, HandshakeCrypto.JDK, new SeededRandom(1));

  // Often enough that some coordinate begins with a zero byte.
  @Test
  void bothEndsAgree() throws Exception {
    for (NamedGroup group : NamedGroup.values()) {
      KeyExchange client = KeyExchange.generate(group, HandshakeCrypto.JDK, new SeededRandom(1));
      for (int seed = 0; seed < (group == X25519MLKEM768 ? 20 : 300); seed++) {
        KeyExchange.Answer answer =
            KeyExchange.answer(group, client.share(), HandshakeCrypto.JDK, new SeededRandom(seed));
        assertEquals(clientBytes(group), client.share().length);
        assertEquals(serverBytes(group), answer.share().length);
        assertEquals(group == X25519MLKEM768 ? 64 : 32, answer.secret().length);
        assertArrayEquals(answer.secret(), client.agree(answer.share()));
      }
    }
  }

  // draft-ietf-tls-hybrid-design §3.2: one key of an algorithm may serve all groups that have it.
  @Test
  void groupsWithX25519HaveOneKeyOfIt() throws Exception {
    Map<NamedGroup, KeyExchange> keys =
        KeyExchange.generate(
            List.of(X25519, SECP256R1, X25519MLKEM768), HandshakeCrypto.JDK, new SeededRandom(1));
    assertEquals(Set.of(NamedGroup.values()), keys.keySet());
    byte[] hybrid = keys.get(X25519MLKEM768).share();
    assertArrayEquals(
        keys.get(X25519).share(), Arrays.copyOfRange(hybrid, hybrid.length - 32, hybrid.length));
    for (NamedGroup group : NamedGroup.values()) {
      KeyExchange client = keys.get(group);
      KeyExchange.Answer answer =
          KeyExchange.answer(group, client.share(), HandshakeCrypto.JDK, new SeededRandom(2));
      assertArrayEquals(answer.secret(), client.agree(answer.share()));
    }
  }

  private static int clientBytes(NamedGroup group) {
    return switch (group) {
      case X25519MLKEM768 -> 1216;
      case X25519 -> 32;
      case SECP256R1 -> 65;
    };
  }

  private static int serverBytes(NamedGroup group) {
    return group == X25519MLKEM768 ? 1120 : clientBytes(group);
  }

  // draft-ietf-tls-ecdhe-mlkem §4: ML-KEM's half of the secret comes first.
  @Test
  void theHybridSecretDependsOnBothHalves() throws Exception {
    KeyExchange client =
        KeyExchange.generate(X25519MLKEM768, HandshakeCrypto.JDK, new SeededRandom(1));
    KeyExchange.Answer answer =
        KeyExchange.answer(
            X25519MLKEM768, client.share(), HandshakeCrypto.JDK, new SeededRandom(2));
    byte[] otherCiphertext = answer.share().clone();
    otherCiphertext[0] ^= 1;
    byte[] secret = client.agree(otherCiphertext);
    assertFalse(Arrays.equals(answer.secret(), 0, 32, secret, 0, 32));
    assertArrayEquals(
        Arrays.copyOfRange(answer.secret(), 32, 64), Arrays.copyOfRange(secret, 32, 64));
    byte[] otherPoint = answer.share().clone();
    otherPoint[1088] ^= 1;
    secret = client.agree(otherPoint);
    assertArrayEquals(Arrays.copyOf(answer.secret(), 32), Arrays.copyOf(secret, 32));
    assertFalse(Arrays.equals(answer.secret(), 32, 64, secret, 32, 64));
  }

  // draft-ietf-tls-ecdhe-mlkem §4.2, FIPS 203 §7.2: coefficients are below 3329.
  @Test
  void hybridSharesMustHoldAValidEncapsulationKey() throws Exception {
    byte[] good =
        KeyExchange.generate(X25519MLKEM768, HandshakeCrypto.JDK, new SeededRandom(1)).share();
    for (int coefficient : new int[] {0, 1, 511, 767}) {
      byte[] largest = withCoefficient(good, coefficient, 3328);
      KeyExchange.answer(X25519MLKEM768, largest, HandshakeCrypto.JDK, new SeededRandom(2));
      for (int value : new int[] {3329, 4095}) {
        byte[] bad = withCoefficient(good, coefficient, value);
        Alerts.assertAlert(
            ILLEGAL_PARAMETER,
            coefficient + " " + value,
            () ->
                KeyExchange.answer(X25519MLKEM768, bad, HandshakeCrypto.JDK, new SeededRandom(2)));
      }
    }
  }

  /** FIPS 203 §4.2.1: two coefficients of 12 bits in three bytes. */
  private static byte[] withCoefficient(byte[] share, int index, int value) {
    byte[] changed = share.clone();
    int at = index / 2 * 3;
    if (index % 2 == 0) {
      changed[at] = (byte) value;
      changed[at + 1] = (byte) ((changed[at + 1] & 0xf0) | (value >> 8));
    } else {
      changed[at + 1] = (byte) ((changed[at + 1] & 0x0f) | (value << 4));
      changed[at + 2] = (byte) (value >> 4);
    }
    return changed;
  }

  // RFC 8446 §7.4.2
  @Test
  void hybridSharesMustHoldAnX25519PointOfHighOrder() throws Exception {
    KeyExchange client =
        KeyExchange.generate(X25519MLKEM768, HandshakeCrypto.JDK, new SeededRandom(1));
    byte[] clientShare = client.share();
    byte[] serverShare =
        KeyExchange.answer(X25519MLKEM768, clientShare, HandshakeCrypto.JDK, new SeededRandom(2))
            .share();
    Arrays.fill(clientShare, 1184, 1216, (byte) 0);
    Arrays.fill(serverShare, 1088, 1120, (byte) 0);
    Alerts.assertAlert(
        ILLEGAL_PARAMETER,
        () ->
            KeyExchange.answer(
                X25519MLKEM768, clientShare, HandshakeCrypto.JDK, new SeededRandom(2)));
    Alerts.assertAlert(ILLEGAL_PARAMETER, () -> client.agree(serverShare));
  }

  // RFC 7748 §6.1, RFC 8446 §7.4.2: all points of low order, canonical or not.
  @Test
  void pointsOfLowOrderAreRefused() {
    for (String share :
        new String[] {
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "0000000000000000000000000000000000000000000000000000000000000080",
        }) {
      Alerts.assertAlert(ILLEGAL_PARAMETER, share, () -> x25519.agree(hex(share)));
    }
  }

  // RFC 7748 §5: the top bit is masked, values from p on are reduced.
  @Test
  void unusualEncodingsOfGoodPointsAreAccepted() throws Exception {
    byte[] peer = KeyExchange.generate(X25519, HandshakeCrypto.JDK, new SeededRandom(2)).share();
    byte[] secret = x25519.agree(peer);
    peer[31] |= (byte) 0x80;
    assertArrayEquals(secret, x25519.agree(peer));
    // 2^255 - 10 is 9 beyond p: the base point.
    byte[] base = hex("0900000000000000000000000000000000000000000000000000000000000000");
    byte[] beyond = hex("f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    assertArrayEquals(x25519.agree(base), x25519.agree(beyond));
  }

  // RFC 8446 §4.2.8.2
  @Test
  void pointsOffTheCurveAreRefused() {
    byte[] good = KeyExchange.generate(SECP256R1, HandshakeCrypto.JDK, new SeededRandom(2)).share();
    for (int i = 1; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      Alerts.assertAlert(ILLEGAL_PARAMETER, "byte " + i, () -> p256.agree(bad));
    }
    String p = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    String zero = "00".repeat(32);
    for (String point : new String[] {zero + zero, p + zero, zero + p, p + p}) {
      Alerts.assertAlert(ILLEGAL_PARAMETER, point, () -> p256.agree(hex("04" + point)));
    }
  }

  // RFC 8446 §4.2.8.2: only the uncompressed form.
  @Test
  void otherFormsOfPointsAreRefused() {
    byte[] good = KeyExchange.generate(SECP256R1, HandshakeCrypto.JDK, new SeededRandom(2)).share();
    for (int form : new int[] {0, 2, 3, 5, 6, 7}) {
      byte[] bad = good.clone();
      bad[0] = (byte) form;
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(bad));
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(Arrays.copyOf(bad, 33)));
    }
  }

  @Test
  void sharesHaveOneLength() {
    for (int length : new int[] {0, 1, 31, 33, 64, 66}) {
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> x25519.agree(new byte[length]));
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(new byte[length]));
    }
    KeyExchange hybrid =
        KeyExchange.generate(X25519MLKEM768, HandshakeCrypto.JDK, new SeededRandom(1));
    for (int length : new int[] {0, 32, 1088, 1119, 1121, 1184, 1216}) {
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> hybrid.agree(new byte[length]));
    }
    for (int length : new int[] {0, 32, 1120, 1184, 1215, 1217}) {
      Alerts.assertAlert(
          ILLEGAL_PARAMETER,
          () ->
              KeyExchange.answer(
                  X25519MLKEM768, new byte[length], HandshakeCrypto.JDK, new SeededRandom(2)));
    }
  }
}
