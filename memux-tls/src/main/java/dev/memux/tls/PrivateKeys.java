package dev.memux.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;

/** Decodes private keys in the encodings that PEM files hold. */
final class PrivateKeys {
  private static final byte[] VERSION_0 = Der.element(Der.INTEGER, new byte[] {0});
  private static final byte[] RSA_ENCRYPTION = // 1.2.840.113549.1.1.1 and NULL
      HexFormat.of().parseHex("300d06092a864886f70d0101010500");
  private static final byte[] EC_PUBLIC_KEY = // 1.2.840.10045.2.1
      HexFormat.of().parseHex("06072a8648ce3d0201");

  private PrivateKeys() {}

  /**
   * @param label of the PEM block
   * @throws IllegalArgumentException if the key is malformed or of an unknown kind
   */
  static PrivateKey decode(String label, byte[] der) {
    return switch (label) {
      case "PRIVATE KEY" -> pkcs8(der);
      case "RSA PRIVATE KEY" -> pkcs8(wrap(RSA_ENCRYPTION, der)); // PKCS#1, RFC 8017 §A.1.2
      case "EC PRIVATE KEY" -> pkcs8(wrap(ecAlgorithm(der), der)); // SEC1, RFC 5915 §3
      default -> throw new IllegalArgumentException("unknown kind of private key");
    };
  }

  private static PrivateKey pkcs8(byte[] der) {
    String algorithm = algorithm(der);
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an " + algorithm + " key the JDK can use", e);
    }
  }

  /** RFC 5958 §2: version, algorithm, key. */
  private static String algorithm(byte[] der) {
    Der info = new Der(der).read(Der.SEQUENCE);
    info.read(Der.INTEGER);
    byte[] oid = info.read(Der.SEQUENCE).read(Der.OBJECT_IDENTIFIER).rest();
    return switch (HexFormat.of().formatHex(oid)) {
      case "2a864886f70d010101" -> "RSA";
      case "2a864886f70d01010a" -> "RSASSA-PSS";
      case "2a8648ce3d0201" -> "EC";
      case "2b6570" -> "Ed25519";
      default -> throw new IllegalArgumentException("neither an RSA, EC nor Ed25519 key");
    };
  }

  private static byte[] wrap(byte[] algorithm, byte[] key) {
    return Der.element(Der.SEQUENCE, VERSION_0, algorithm, Der.element(Der.OCTET_STRING, key));
  }

  private static byte[] ecAlgorithm(byte[] sec1) {
    Der key = new Der(sec1).read(Der.SEQUENCE);
    key.read(Der.INTEGER);
    key.read(Der.OCTET_STRING);
    if (!key.nextIs(Der.EXPLICIT_0)) {
      throw new IllegalArgumentException("the key does not name its curve");
    }
    byte[] curve = key.read(Der.EXPLICIT_0).read(Der.OBJECT_IDENTIFIER).rest();
    return Der.element(Der.SEQUENCE, EC_PUBLIC_KEY, Der.element(Der.OBJECT_IDENTIFIER, curve));
  }
}
