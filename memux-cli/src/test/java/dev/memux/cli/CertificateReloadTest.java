package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A certificate that is replaced while the gateway runs. */
@Timeout(120)
final class CertificateReloadTest {
  @TempDir private Path folder;

  /** A certificate and its key, as files. */
  private record Pair(Path certificate, Path key) {}

  @Test
  void newHandshakesSeeTheNewCertificateAndABadOneChangesNothing() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "no SIGHUP");
    Pair first = makePair("first");
    Pair second = makePair("second");
    Pair used = new Pair(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    copy(first, used);
    int port = FreePort.find();
    try (MemuxProcess gateway =
        MemuxProcess.gateway(folder, port, "--cert=" + used.certificate(), "--key=" + used.key())) {
      assertEquals(ExitCode.OK, get(port, first));
      copy(second, used);
      gateway.hangUp();
      gateway.awaitLine("reloaded the certificate");
      assertEquals(ExitCode.OK, get(port, second));
      assertEquals(ExitCode.UNTRUSTED, get(port, first));
      assertEquals("", gateway.errors());

      Files.copy(first.key(), used.key(), StandardCopyOption.REPLACE_EXISTING); // of another pair
      gateway.hangUp();
      String complaint = gateway.awaitError();
      assertTrue(complaint.endsWith("; the old certificate stays in use"), complaint);
      assertEquals(ExitCode.OK, get(port, second));
      assertEquals(complaint, gateway.errors().strip());
    }
  }

  private int get(int port, Pair trusted) {
    return Main.run(
        "get",
        "--cacert=" + trusted.certificate(),
        "-o",
        folder.resolve("page").toString(),
        "https://localhost:" + port + "/");
  }

  private Pair makePair(String name) throws Exception {
    StateDirectory state = StateDirectory.at(folder.resolve(name));
    DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC());
    return new Pair(
        DevelopmentCertificate.certificateFile(state), state.path().resolve("development-key.pem"));
  }

  private static void copy(Pair from, Pair to) throws Exception {
    Files.copy(from.certificate(), to.certificate(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(from.key(), to.key(), StandardCopyOption.REPLACE_EXISTING);
  }
}
