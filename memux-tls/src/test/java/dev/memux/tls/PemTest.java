package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PemTest {
  @TempDir Path folder;

  @Test
  void certificatesAreReadInTheirOrder() throws Exception {
    var chain = Pem.certificates(TestFiles.path("leaf.pem"));
    assertEquals(2, chain.size());
    assertEquals("CN=memux test leaf", chain.get(0).getSubjectX500Principal().getName());
    assertEquals("CN=memux test intermediate", chain.get(1).getSubjectX500Principal().getName());
  }

  @Test
  void keysOfAllEncodingsAreRead() throws Exception {
    PrivateKey ec = Pem.privateKey(TestFiles.path("p256.key"));
    assertEquals("EC", ec.getAlgorithm());
    PrivateKey sec1 = Pem.privateKey(TestFiles.path("p256-sec1.key"));
    assertEquals(((ECPrivateKey) ec).getS(), ((ECPrivateKey) sec1).getS());
    PrivateKey rsa = Pem.privateKey(TestFiles.path("rsa.key"));
    assertEquals("RSA", rsa.getAlgorithm());
    assertEquals(rsa, Pem.privateKey(TestFiles.path("rsa-pkcs1.key")));
    assertEquals("EdDSA", Pem.privateKey(TestFiles.path("ed25519.key")).getAlgorithm());
    assertEquals("RSASSA-PSS", Pem.privateKey(TestFiles.path("rsapss.key")).getAlgorithm());
  }

  @Test
  void otherBlocksAndTextAroundArePassedOver() throws Exception {
    String key = Files.readString(TestFiles.path("p256-sec1.key"));
    String certificate = Files.readString(TestFiles.path("p256.pem"));
    String parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    Path all =
        write("Subject: me\n" + certificate + parameters + "\r\n" + key.replace("\n", "\r\n"));
    assertEquals(1, Pem.certificates(all).size());
    assertEquals("EC", Pem.privateKey(all).getAlgorithm());
    assertEquals(1, TlsCredentials.fromPem(all, all).chain().size());
  }

  @Test
  void problemsAreNamedWithTheirFile() throws Exception {
    String key = Files.readString(TestFiles.path("p256.key"));
    String certificate = Files.readString(TestFiles.path("p256.pem"));
    keyProblem("no PRIVATE KEY block", write(certificate));
    keyProblem("more than one private key", write(key + key));
    keyProblem("encrypted", TestFiles.path("p256-encrypted.key"));
    keyProblem("encrypted", TestFiles.path("rsa-encrypted.key"));
    keyProblem("no end of the PRIVATE KEY block", write(key.replace("-----END PRIVATE KEY", "")));
    keyProblem("not Base64", write(key.replace("MIG", "M!G")));
    keyProblem("cut off", write(block("PRIVATE KEY", "MIGHAgEAMBMG")));
    keyProblem(
        "neither an RSA, EC nor Ed25519 key", write(block("PRIVATE KEY", "MAwCAQAwBQYDK2VvBAA=")));
    keyProblem("the key does not name its curve", write(block("EC PRIVATE KEY", "MAYCAQEEAQE=")));
    keyProblem("not an RSA key the JDK can use", write(block("RSA PRIVATE KEY", "MAA=")));
    keyProblem("unknown kind of private key", write(block("DSA PRIVATE KEY", "MAA=")));
    keyProblem("cannot be read", folder.resolve("absent.pem"));

    certificateProblem("no CERTIFICATE block", write(key));
    certificateProblem(
        "certificate 2 is malformed", write(certificate + block("CERTIFICATE", "MAA=")));
    certificateProblem("certificate 1 is malformed", write(block("CERTIFICATE", "")));
    certificateProblem("no CERTIFICATE block", write(""));
    certificateProblem("larger than", write("x".repeat(1 << 20) + "y"));
  }

  // No key must reach a log through its error.
  @Test
  void problemsDoNotQuoteTheKey() throws Exception {
    String key = Files.readString(TestFiles.path("p256.key"));
    Path broken = write(key.replace("MIG", "M!G"));
    PemException e = assertThrows(PemException.class, () -> Pem.privateKey(broken));
    String secret = key.lines().skip(1).findFirst().orElseThrow().substring(5, 20);
    for (Throwable t = e; t != null; t = t.getCause()) {
      assertTrue(!t.getMessage().contains(secret), t.getMessage());
    }
  }

  @Test
  void credentialsMustBeAPairThatCanSign() {
    var chain = TestFiles.certificates("p256");
    for (String other : new String[] {"leaf", "rsa", "ed25519", "p384"}) {
      PrivateKey key = TestFiles.credentials(other).privateKey();
      assertThrows(IllegalArgumentException.class, () -> new TlsCredentials(chain, key), other);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new TlsCredentials(java.util.List.of(), TestFiles.credentials("p256").privateKey()));
    for (String bad : new String[] {"small-rsa", "p521"}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> TlsCredentials.fromPem(TestFiles.path(bad + ".pem"), TestFiles.path(bad + ".key")),
          bad);
    }
    assertEquals("TlsCredentials[CN=memux test p256]", TestFiles.credentials("p256").toString());
  }

  private static String block(String label, String base64) {
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }

  private Path write(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "test", ".pem"), text);
  }

  private static void keyProblem(String problem, Path file) {
    assertProblem(problem, file, assertThrows(PemException.class, () -> Pem.privateKey(file)));
  }

  private static void certificateProblem(String problem, Path file) {
    assertProblem(problem, file, assertThrows(PemException.class, () -> Pem.certificates(file)));
  }

  private static void assertProblem(String problem, Path file, PemException e) {
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(problem), e.getMessage());
  }
}
