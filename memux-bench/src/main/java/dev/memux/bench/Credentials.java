package dev.memux.bench;

import dev.memux.tls.Pem;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;

/**
 * What all servers show and all clients trust: a certificate for ECDSA P-256, issued by a root that
 * is ECDSA P-256, too. So each full handshake costs a client two signatures to verify.
 *
 * @param chain of the server, without the root, in PEM
 * @param key of the server, in PEM
 * @param root what clients trust, in PEM
 */
record Credentials(Path chain, Path key, Path root) {
  /** What clients ask for, and the certificate is for. */
  static final String SERVER_NAME = "localhost";

  /** Of {@link #keyStore}, which leaves the process as little as the key does. */
  static final String PASSWORD = "memux-bench";

  /** Those that {@link #create} has left in a folder. */
  static Credentials in(Path folder) {
    return new Credentials(
        folder.resolve("chain.pem"), folder.resolve("key.pem"), folder.resolve("root.pem"));
  }

  /** The server's, as JDK's own TLS takes them. */
  KeyStore keyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        SERVER_NAME,
        Pem.privateKey(key),
        PASSWORD.toCharArray(),
        Pem.certificates(chain).toArray(Certificate[]::new));
    return store;
  }

  void delete() throws IOException {
    Files.delete(chain);
    Files.delete(key);
    Files.delete(root);
  }

  /** Makes new ones, and writes them to a folder. */
  static Credentials create(Path folder) throws IOException {
    Credentials made = in(folder);
    try {
      X509Bundle authority =
          new CertificateBuilder()
              .subject("CN=memux-bench root")
              .ecp256()
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      X509Bundle server =
          new CertificateBuilder()
              .subject("CN=" + SERVER_NAME)
              .addSanDnsName(SERVER_NAME)
              .ecp256()
              .buildIssuedBy(authority);
      Files.writeString(made.chain, server.getCertificatePathPEM());
      Files.writeString(made.key, server.getPrivateKeyPEM());
      Files.writeString(made.root, authority.getCertificatePEM());
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("no certificate could be made", e);
    }
    return made;
  }
}
