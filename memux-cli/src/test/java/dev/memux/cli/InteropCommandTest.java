package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The endpoint of the interop runner by itself; memux-interop has the cases and their judges. */
@Timeout(120)
final class InteropCommandTest {
  private static final int FILE_BYTES = 100_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"transfer, 3", "http3, 3"})
  void theClientFetchesWhatTheServerServes(String testCase, int count) throws Exception {
    Path www = folder.resolve("www");
    Path downloads = folder.resolve("downloads");
    List<String> names = RandomFiles.write(www, count, FILE_BYTES);
    try (MemuxProcess server = serve(testCase, www)) {
      String at = server.awaitLine("ready: ").strip().substring("ready: ".length());
      try (MemuxProcess client = fetch(testCase, at, names, downloads)) {
        assertEquals(0, client.awaitExit(), client.errors());
      }
      assertEquals("", server.errors());
    }
    RandomFiles.assertSame(www, downloads, names);
  }

  @Test
  void aFileThatThereIsNotMakesTheClientFail() throws Exception {
    Path www = Files.createDirectory(folder.resolve("www"));
    Files.writeString(folder.resolve("secret"), "not served");
    try (MemuxProcess server = serve("handshake", www)) {
      String at = server.awaitLine("ready: ").strip().substring("ready: ".length());
      for (String name : List.of("missing", "..%2fsecret", "%2e%2e/secret")) {
        try (MemuxProcess client =
            fetch("handshake", at, List.of(name), folder.resolve("downloads"))) {
          assertEquals(1, client.awaitExit(), name);
        }
      }
    }
  }

  @Test
  void anUnknownTestCaseIsNotSupported() throws Exception {
    for (String role : List.of("server", "client")) {
      try (MemuxProcess process =
          MemuxProcess.start(folder, List.of("interop", role), Map.of("TESTCASE", "surprise"))) {
        assertEquals(127, process.awaitExit(), process.errors());
      }
    }
    assertNull(InteropCase.of("TRANSFER"));
  }

  private MemuxProcess serve(String testCase, Path www) throws Exception {
    X509Bundle made =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .ecp256()
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificates = Files.createDirectories(folder.resolve("certs"));
    Files.writeString(certificates.resolve("cert.pem"), made.getCertificatePathPEM());
    Files.writeString(certificates.resolve("priv.key"), made.getPrivateKeyPEM());
    return MemuxProcess.start(
        folder,
        List.of(
            "interop", "server", "--listen=127.0.0.1:0", "--www=" + www, "--certs=" + certificates),
        Map.of("TESTCASE", testCase));
  }

  private MemuxProcess fetch(String testCase, String at, List<String> names, Path downloads)
      throws Exception {
    String requests =
        names.stream().map(name -> "https://" + at + "/" + name).collect(Collectors.joining(" "));
    return MemuxProcess.start(
        folder,
        List.of("interop", "client", "--downloads=" + downloads),
        Map.of("TESTCASE", testCase, "REQUESTS", requests));
  }
}
