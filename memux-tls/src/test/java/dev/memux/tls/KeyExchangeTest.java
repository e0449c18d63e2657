package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.Messages.hex;
import static dev.memux.tls.NamedGroup.SECP256R1;
import static dev.memux.tls.NamedGroup.X25519;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class KeyExchangeTest {
  private final KeyExchange x25519 = KeyExchange.generate(X25519, new SeededRandom(1));
  private final KeyExchange p256 = KeyExchange.generate(SECP256R1, new SeededRandom(1));

  // Often enough that some coordinate begins with a zero byte.
  @Test
  void bothEndsAgree() throws Exception {
    for (int seed = 0; seed < 300; seed++) {
      for (NamedGroup group : NamedGroup.values()) {
        KeyExchange ours = KeyExchange.generate(group, new SeededRandom(seed));
        KeyExchange theirs = group == X25519 ? x25519 : p256;
        assertEquals(group.shareBytes(), ours.share().length);
        byte[] secret = ours.agree(theirs.share());
        assertEquals(32, secret.length);
        assertArrayEquals(theirs.agree(ours.share()), secret);
      }
    }
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
    byte[] peer = KeyExchange.generate(X25519, new SeededRandom(2)).share();
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
    byte[] good = KeyExchange.generate(SECP256R1, new SeededRandom(2)).share();
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
    byte[] good = KeyExchange.generate(SECP256R1, new SeededRandom(2)).share();
    for (int form : new int[] {0, 2, 3, 5, 6, 7}) {
      byte[] bad = good.clone();
      bad[0] = (byte) form;
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(bad));
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(java.util.Arrays.copyOf(bad, 33)));
    }
  }

  @Test
  void sharesHaveOneLength() {
    for (int length : new int[] {0, 1, 31, 33, 64, 66}) {
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> x25519.agree(new byte[length]));
      Alerts.assertAlert(ILLEGAL_PARAMETER, () -> p256.agree(new byte[length]));
    }
  }
}
