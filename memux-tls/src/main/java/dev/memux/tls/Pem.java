package dev.memux.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Certificates and private keys in PEM files (RFC 7468). */
public final class Pem {
  private static final long MAX_FILE_BYTES = 1 << 20; // a bundle of all public authorities fits
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  private Pem() {}

  /**
   * All certificates of a file in their order; other blocks are passed over.
   *
   * @throws PemException if there is none, or one is malformed
   */
  public static List<X509Certificate> certificates(Path file) throws PemException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks(file)) {
      if (block.label.equals("CERTIFICATE")) {
        certificates.add(certificate(file, block, certificates.size() + 1));
      }
    }
    if (certificates.isEmpty()) {
      throw problem(file, "no CERTIFICATE block", null);
    }
    return List.copyOf(certificates);
  }

  /**
   * The one private key of a file: PKCS#8 ({@code PRIVATE KEY}), SEC1 ({@code EC PRIVATE KEY}) or
   * PKCS#1 ({@code RSA PRIVATE KEY}), not encrypted; other blocks are passed over.
   *
   * @throws PemException if there is none or more than one, or it is malformed
   */
  public static PrivateKey privateKey(Path file) throws PemException {
    Block found = null;
    for (Block block : blocks(file)) {
      if (!block.label.endsWith("PRIVATE KEY")) {
        continue;
      }
      if (found != null) {
        throw problem(file, "more than one private key", null);
      }
      found = block;
    }
    if (found == null) {
      throw problem(file, "no PRIVATE KEY block", null);
    }
    if (found.encrypted || found.label.equals("ENCRYPTED PRIVATE KEY")) {
      throw problem(file, "the private key is encrypted; decrypt it first", null);
    }
    try {
      return PrivateKeys.decode(found.label, decode(found));
    } catch (IllegalArgumentException e) {
      throw problem(file, found.label + ": " + e.getMessage(), e);
    }
  }

  private record Block(String label, String base64, boolean encrypted) {}

  private static List<Block> blocks(Path file) throws PemException {
    List<Block> blocks = new ArrayList<>();
    String label = null;
    StringBuilder base64 = new StringBuilder();
    boolean encrypted = false;
    for (String untrimmed : lines(file)) {
      String line = untrimmed.strip();
      if (label == null && line.startsWith(BEGIN) && line.endsWith(DASHES)) {
        label = line.substring(BEGIN.length(), line.length() - DASHES.length());
      } else if (label != null && line.equals(END + label + DASHES)) {
        blocks.add(new Block(label, base64.toString(), encrypted));
        label = null;
        base64.setLength(0);
        encrypted = false;
      } else if (label != null && line.contains(":")) {
        encrypted |= line.contains("ENCRYPTED"); // "Proc-Type: 4,ENCRYPTED", RFC 1421 §4.6.1.1
      } else if (label != null) {
        base64.append(line);
      }
    }
    if (label != null) {
      throw problem(file, "no end of the " + label + " block", null);
    }
    return blocks;
  }

  private static List<String> lines(Path file) throws PemException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw problem(file, "larger than " + MAX_FILE_BYTES + " bytes", null);
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    } catch (PemException e) {
      throw e;
    } catch (IOException e) {
      throw problem(file, "cannot be read: " + e, e);
    }
  }

  private static X509Certificate certificate(Path file, Block block, int number)
      throws PemException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(decode(block)));
    } catch (CertificateException | IllegalArgumentException e) {
      throw problem(file, "certificate " + number + " is malformed: " + e.getMessage(), e);
    }
  }

  private static byte[] decode(Block block) {
    try {
      return Base64.getDecoder().decode(block.base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not Base64", e); // the JDK's message quotes the content
    }
  }

  private static PemException problem(Path file, String problem, @Nullable Throwable cause) {
    return new PemException(file + ": " + problem, cause);
  }
}
