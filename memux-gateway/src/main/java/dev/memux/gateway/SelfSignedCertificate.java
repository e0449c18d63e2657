package dev.memux.gateway;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A new ECDSA P-256 key and the certificate that it signs for itself (RFC 5280). */
record SelfSignedCertificate(PrivateKey key, X509Certificate certificate) {
  private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.oid(1, 2, 840, 10045, 4, 3, 2));
  private static final byte[] COMMON_NAME = Der.oid(2, 5, 4, 3);
  private static final byte[] KEY_USAGE = Der.oid(2, 5, 29, 15);
  private static final byte[] ALTERNATIVE_NAME = Der.oid(2, 5, 29, 17);
  private static final byte[] BASIC_CONSTRAINTS = Der.oid(2, 5, 29, 19);
  private static final byte[] EXTENDED_KEY_USAGE = Der.oid(2, 5, 29, 37);
  private static final byte[] SERVER_AUTHENTICATION = Der.oid(1, 3, 6, 1, 5, 5, 7, 3, 1);
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;
  private static final int SERIAL_BITS = 127;

  static SelfSignedCertificate create(
      String commonName,
      List<String> dnsNames,
      List<InetAddress> addresses,
      Instant notBefore,
      Instant notAfter)
      throws GeneralSecurityException {
    SecureRandom random = new SecureRandom();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    KeyPair pair = generator.generateKeyPair();

    byte[] name = Der.sequence(Der.set(Der.sequence(COMMON_NAME, Der.utf8(commonName))));
    byte[] content =
        Der.sequence(
            Der.explicit(0, Der.integer(BigInteger.TWO)), // version 3
            // RFC 5280 §4.1.2.2: positive and unique; one is never zero with the low bit set.
            Der.integer(new BigInteger(SERIAL_BITS, random).setBit(0)),
            ECDSA_WITH_SHA256,
            name,
            Der.sequence(Der.time(notBefore), Der.time(notAfter)),
            name,
            pair.getPublic().getEncoded(),
            Der.explicit(3, extensions(dnsNames, addresses)));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate(), random);
    signature.update(content);
    byte[] signed = Der.sequence(content, ECDSA_WITH_SHA256, Der.bits(0, signature.sign()));
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(signed));
    return new SelfSignedCertificate(pair.getPrivate(), certificate);
  }

  private static byte[] extensions(List<String> dnsNames, List<InetAddress> addresses) {
    List<byte[]> names = new ArrayList<>();
    for (String dnsName : dnsNames) {
      names.add(Der.implicit(DNS_NAME, dnsName.getBytes(StandardCharsets.US_ASCII)));
    }
    for (InetAddress address : addresses) {
      names.add(Der.implicit(IP_ADDRESS, address.getAddress()));
    }
    byte[] digitalSignature = Der.bits(7, new byte[] {(byte) 0x80});
    return Der.sequence(
        critical(BASIC_CONSTRAINTS, Der.sequence()), // not an authority
        critical(KEY_USAGE, digitalSignature),
        extension(EXTENDED_KEY_USAGE, Der.sequence(SERVER_AUTHENTICATION)),
        extension(ALTERNATIVE_NAME, Der.sequence(names.toArray(byte[][]::new))));
  }

  private static byte[] critical(byte[] oid, byte[] value) {
    return Der.sequence(oid, Der.trueValue(), Der.octets(value));
  }

  private static byte[] extension(byte[] oid, byte[] value) {
    return Der.sequence(oid, Der.octets(value));
  }
}
