package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
  @Test
  void defaultsAreTheHybridGroupFirstAndX25519sShareWithIt() {
    TlsClientConfig config = Configs.client().build();
    assertEquals(
        List.of(NamedGroup.X25519MLKEM768, NamedGroup.X25519, NamedGroup.SECP256R1),
        config.groups());
    assertEquals(List.of(NamedGroup.X25519MLKEM768, NamedGroup.X25519), config.keyShareGroups());
    assertEquals(
        List.of(NamedGroup.X25519MLKEM768),
        Configs.client()
            .groups(NamedGroup.X25519MLKEM768, NamedGroup.SECP256R1)
            .build()
            .keyShareGroups());
    assertEquals(
        List.of(NamedGroup.X25519),
        Configs.client()
            .groups(NamedGroup.X25519, NamedGroup.X25519MLKEM768)
            .build()
            .keyShareGroups());
    assertEquals(CipherSuite.TLS_AES_128_GCM_SHA256, config.cipherSuites().getFirst());
    assertEquals(3, config.cipherSuites().size());
    assertEquals(null, config.keyLog());
  }

  @Test
  void whatDoesNotFitTogetherIsRefused() {
    refused(TlsClientConfig.builder()::build);
    refused(() -> Configs.client().applicationProtocols("").build());
    refused(() -> Configs.client().applicationProtocols("a".repeat(256)).build());
    refused(() -> Configs.client().applicationProtocols("\u0100").build());
    refused(() -> Configs.client().applicationProtocols("a", "a").build());
    refused(() -> Configs.client().cipherSuites().build());
    refused(() -> Configs.client().groups().build());
    refused(() -> Configs.client().groups(NamedGroup.X25519, NamedGroup.X25519).build());
    refused(
        () ->
            Configs.client()
                .groups(NamedGroup.X25519)
                .keyShareGroups(NamedGroup.SECP256R1)
                .build());
    refused(() -> Configs.server().build());
    refused(() -> TlsServerConfig.builder().credentials(TestFiles.credentials("p256")).build());
  }

  private static void refused(org.junit.jupiter.api.function.Executable build) {
    assertThrows(IllegalArgumentException.class, build);
  }

  @Test
  void keyLogFileIsAppendedTo(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("keys.log");
    Files.writeString(file, "before\n");
    KeyLog log = KeyLog.toFile(file);
    log.log("a");
    log.log("b");
    assertEquals("before\na\nb\n", Files.readString(file));
    assertThrows(java.io.IOException.class, () -> KeyLog.toFile(folder.resolve("no/such")));
    KeyLog.toFile(folder.resolve("new.log")).log("a");
    assertEquals("a\n", Files.readString(folder.resolve("new.log")));
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("new.log"))));
    }
    // A log that has become impossible to write does not break connections.
    Files.delete(file);
    Files.createDirectory(file);
    log.log("c");
  }
}
