package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.tls.TlsCredentials;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DevelopmentCertificateTest {
  private static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");

  @TempDir private Path folder;
  private StateDirectory directory;

  @BeforeEach
  void chooseDirectory() {
    directory = StateDirectory.at(folder.resolve("state/memux"));
  }

  private X509Certificate loadOrCreate(Instant now) throws IOException {
    TlsCredentials credentials =
        DevelopmentCertificate.loadOrCreate(directory, Clock.fixed(now, ZoneOffset.UTC));
    return credentials.chain().getFirst();
  }

  @Test
  void isForThisMachineAndForServers() throws Exception {
    X509Certificate made = loadOrCreate(NOW);
    made.verify(made.getPublicKey());
    made.checkValidity(java.util.Date.from(NOW));
    assertEquals("EC", made.getPublicKey().getAlgorithm());
    assertEquals("SHA256withECDSA", made.getSigAlgName());
    assertEquals(-1, made.getBasicConstraints());
    assertEquals(List.of("1.3.6.1.5.5.7.3.1"), made.getExtendedKeyUsage());
    assertTrue(made.getKeyUsage()[0]);
    assertTrue(made.getSerialNumber().signum() > 0);
    List<Object> names =
        made.getSubjectAlternativeNames().stream().<Object>map(name -> name.get(1)).toList();
    assertEquals(List.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"), names);
  }

  @Test
  void isKept() throws Exception {
    X509Certificate made = loadOrCreate(NOW);
    assertEquals(made, loadOrCreate(NOW.plus(Duration.ofDays(300))));
    assertEquals(made, DevelopmentCertificate.certificate(directory));
  }

  @Test
  void isReadableByTheUserAlone() throws Exception {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    loadOrCreate(NOW);
    assertEquals("rwx------", permissions(directory.path()));
    assertEquals("rw-------", permissions(file(DevelopmentCertificate.KEY_FILE)));
    assertEquals("rw-------", permissions(file(DevelopmentCertificate.CERTIFICATE_FILE)));
    Files.setPosixFilePermissions(
        file(DevelopmentCertificate.KEY_FILE), PosixFilePermissions.fromString("rw-r--r--"));
    loadOrCreate(NOW);
    assertEquals("rw-------", permissions(file(DevelopmentCertificate.KEY_FILE)));
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private Path file(String name) {
    return directory.path().resolve(name);
  }

  @ParameterizedTest
  @ValueSource(longs = {359, 365, 4000, -2})
  void isMadeAnewNearItsEndAndOutsideItsTime(long days) throws Exception {
    X509Certificate made = loadOrCreate(NOW);
    assertNotEquals(made, loadOrCreate(NOW.plus(Duration.ofDays(days))));
  }

  @ParameterizedTest
  @ValueSource(strings = {DevelopmentCertificate.KEY_FILE, DevelopmentCertificate.CERTIFICATE_FILE})
  void isMadeAnewWhenAFileIsMissingOrDamaged(String name) throws Exception {
    X509Certificate made = loadOrCreate(NOW);
    Files.delete(file(name));
    X509Certificate second = loadOrCreate(NOW);
    assertNotEquals(made, second);
    Files.writeString(file(name), "-----BEGIN RUBBISH-----");
    X509Certificate third = loadOrCreate(NOW);
    assertNotEquals(second, third);
    assertEquals(third, loadOrCreate(NOW));
  }

  @Test
  void isMadeAnewWhenKeyAndCertificateAreOfTwoPairs() throws Exception {
    loadOrCreate(NOW);
    Path oldKey = folder.resolve("old-key");
    Files.copy(file(DevelopmentCertificate.KEY_FILE), oldKey);
    Files.delete(file(DevelopmentCertificate.KEY_FILE));
    X509Certificate second = loadOrCreate(NOW);
    Files.copy(oldKey, file(DevelopmentCertificate.KEY_FILE), StandardCopyOption.REPLACE_EXISTING);
    assertNotEquals(second, loadOrCreate(NOW));
  }

  @Test
  void isOneForAllWhoComeAtOnce() {
    Set<X509Certificate> seen = ConcurrentHashMap.newKeySet();
    IntStream.range(0, 8)
        .parallel()
        .forEach(
            i -> {
              try {
                seen.add(loadOrCreate(NOW));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    assertEquals(1, seen.size());
    try (Stream<Path> files = Files.list(directory.path())) {
      assertEquals(3, files.count(), "no temporary file is left");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void isAbsentBeforeItIsMade() {
    assertNull(DevelopmentCertificate.certificate(directory));
  }

  @Test
  void hasTheHashThatBrowsersCompute() throws Exception {
    X509Certificate made = loadOrCreate(NOW);
    byte[] hash = Base64.getDecoder().decode(SpkiHash.of(made));
    assertArrayEquals(
        MessageDigest.getInstance("SHA-256").digest(made.getPublicKey().getEncoded()), hash);
  }

  // RFC 5280 §4.1.2.5
  @Test
  void writesYearsFrom2050InFull() throws Exception {
    X509Certificate made = loadOrCreate(Instant.parse("2049-06-01T00:00:00Z"));
    assertNotNull(made);
    assertEquals(Instant.parse("2050-06-01T00:00:00Z"), made.getNotAfter().toInstant());
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, /x/state, /x/state/memux",
    "Linux, relative, /home/u/.local/state/memux",
    "Linux, , /home/u/.local/state/memux",
    "Mac OS X, /x/state, /home/u/Library/Application Support/memux",
    "Windows 11, , /home/u/AppData/Local/memux",
  })
  void livesWhereTheSystemKeepsState(String system, String xdg, String expected) {
    var environment =
        xdg == null ? java.util.Map.<String, String>of() : java.util.Map.of("XDG_STATE_HOME", xdg);
    assertEquals(Path.of(expected), StateDirectory.locate(environment, system, "/home/u"));
  }
}
