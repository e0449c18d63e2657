package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import io.netty.handler.codec.quic.Quic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With Netty's native QUIC at the other end: files come over whole. */
@Timeout(300)
final class NettyNativeTest {
  private static final int FILES = 100;
  private static final int FILE_BYTES = 1 << 20;

  @TempDir private Path folder;

  @Test
  void theirClientFetchesFromTheGateway() throws Exception {
    assumeTrue(Quic.isAvailable(), "no native QUIC for this platform");
    Path root = folder.resolve("root");
    Path got = Files.createDirectory(folder.resolve("got"));
    List<String> names = RandomFiles.write(root, FILES, FILE_BYTES);
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port, "--root=" + root);
        NettyNative netty = new NettyNative()) {
      Path certificate = DevelopmentCertificate.certificateFile(gateway.stateDirectory());
      netty.fetch(port, certificate, names, got);
      RandomFiles.assertSame(root, got, names);
      assertEquals("", gateway.errors());
    }
  }

  @Test
  void memuxGetFetchesFromTheirServer() throws Exception {
    assumeTrue(Quic.isAvailable(), "no native QUIC for this platform");
    Path root = folder.resolve("root");
    Path got = folder.resolve("got");
    List<String> names = RandomFiles.write(root, FILES, FILE_BYTES);
    StateDirectory state = StateDirectory.at(folder.resolve("their-state"));
    DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC());
    Path certificate = DevelopmentCertificate.certificateFile(state);
    try (NettyNative netty = new NettyNative()) {
      int port = netty.serve(root, certificate, state.path().resolve("development-key.pem"));
      List<String> arguments = new ArrayList<>();
      arguments.addAll(List.of("get", "--fail", "--cacert=" + certificate, "-o", got + "/"));
      names.forEach(name -> arguments.add("https://127.0.0.1:" + port + "/" + name));
      try (MemuxProcess get = MemuxProcess.start(folder, arguments.toArray(String[]::new))) {
        assertEquals(0, get.awaitExit(), get.errors());
      }
    }
    RandomFiles.assertSame(root, got, names);
  }

  /** Netty's codec takes the frames for unknown ones and goes on. */
  @Test
  void theirServerLivesWithPriorityUpdates() throws Exception {
    assumeTrue(Quic.isAvailable(), "no native QUIC for this platform");
    Path root = folder.resolve("root");
    List<String> names = RandomFiles.write(root, 10, FILE_BYTES);
    StateDirectory state = StateDirectory.at(folder.resolve("their-state"));
    DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC());
    try (NettyNative netty = new NettyNative()) {
      int port =
          netty.serve(
              root,
              DevelopmentCertificate.certificateFile(state),
              state.path().resolve("development-key.pem"));
      assertEquals(
          Collections.nCopies(names.size(), (long) FILE_BYTES), RestlessClient.fetch(port, names));
    }
  }
}
