package dev.memux.interop;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a server shows, as the runner makes it: cert.pem, priv.key and, for clients, ca.pem. */
final class Certificates {
  /** Names that make the last certificate of a long chain large. */
  private static final int FILLERS = 20;

  private static final int FILLER_LABELS = 4;
  private static final int FILLER_LABEL_LENGTH = 60;

  private Certificates() {}

  /**
   * Writes a chain.
   *
   * @param length how many certificates it has, the root's not counted; a long one is inflated
   */
  static void write(Path folder, int length) throws IOException {
    try {
      X509Bundle authority =
          new CertificateBuilder()
              .subject("O=interop root")
              .ecp256()
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      Files.writeString(folder.resolve("ca.pem"), authority.getCertificatePEM());
      X509Bundle issuer = authority;
      for (int i = 1; i < length; i++) {
        issuer =
            new CertificateBuilder()
                .subject("O=interop intermediate " + i)
                .ecp256()
                .setIsCertificateAuthority(true)
                .buildIssuedBy(issuer);
      }
      X509Bundle server = leaf(length > 1).buildIssuedBy(issuer);
      Files.writeString(folder.resolve("cert.pem"), server.getCertificatePathPEM());
      Files.writeString(folder.resolve("priv.key"), Sec1.pem(server.getKeyPair()));
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("no certificates could be made", e);
    }
  }

  private static CertificateBuilder leaf(boolean inflated) {
    CertificateBuilder leaf =
        new CertificateBuilder()
            .subject("O=interop server")
            .ecp256()
            .addSanDnsName("localhost")
            .addSanIpAddress("127.0.0.1")
            .addSanIpAddress("::1");
    for (int i = 0; inflated && i < FILLERS; i++) {
      String label = "x".repeat(FILLER_LABEL_LENGTH - 2) + (char) ('a' + i);
      leaf.addSanDnsName((label + ".").repeat(FILLER_LABELS) + "example");
    }
    return leaf;
  }
}
