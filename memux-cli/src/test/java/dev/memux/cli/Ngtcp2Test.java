package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.VersionPolicy;
import dev.memux.engine.wire.QuicVersion;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With ngtcp2's programs at the other end: files come over whole. */
@Timeout(300)
final class Ngtcp2Test {
  private static final int FILE_BYTES = 1 << 20;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void theirClientFetchesFromTheGateway(int count) throws Exception {
    Path client = ExternalPrograms.require("gtlsclient", "ngtcp2-client");
    Path root = folder.resolve("root");
    Path got = Files.createDirectory(folder.resolve("got"));
    List<String> names = RandomFiles.write(root, count, FILE_BYTES);
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port, "--root=" + root)) {
      List<String> command = new ArrayList<>();
      command.add(client.toString());
      command.addAll(List.of("--quiet", "--no-quic-dump", "--no-http-dump"));
      command.addAll(List.of("--exit-on-all-streams-close", "--download=" + got));
      command.addAll(List.of("127.0.0.1", Integer.toString(port)));
      names.forEach(name -> command.add("https://localhost:" + port + "/" + name));
      Path log = folder.resolve("gtlsclient.log");
      Process fetching = start(command, log);
      assertEquals(0, awaitExit(fetching), () -> read(log));
      RandomFiles.assertSame(root, got, names);
      assertEquals("", gateway.errors());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void memuxGetFetchesFromTheirServer(int count) throws Exception {
    Path root = folder.resolve("root");
    Path got = folder.resolve("got");
    List<String> names = RandomFiles.write(root, count, FILE_BYTES);
    int port = FreePort.find();
    Process serving = serve(root, port);
    try {
      List<String> arguments = new ArrayList<>();
      arguments.addAll(List.of("get", "--fail", "--cacert=" + certificate(), "-o", got + "/"));
      names.forEach(name -> arguments.add("https://127.0.0.1:" + port + "/" + name));
      try (MemuxProcess get = MemuxProcess.start(folder, arguments.toArray(String[]::new))) {
        assertEquals(0, get.awaitExit(), get.errors());
      }
      RandomFiles.assertSame(root, got, names);
    } finally {
      serving.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Their server reads PRIORITY_UPDATE frames, and closes the connection for one that is wrong. */
  @Test
  void theirServerTakesPriorityUpdates() throws Exception {
    Path root = folder.resolve("root");
    List<String> names = RandomFiles.write(root, 10, FILE_BYTES);
    int port = FreePort.find();
    Process serving = serve(root, port);
    try {
      assertEquals(
          Collections.nCopies(names.size(), (long) FILE_BYTES), RestlessClient.fetch(port, names));
    } finally {
      serving.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** RFC 9368 §2.1: it asks in a version that nobody speaks, and takes what it is offered. */
  @Test
  void theirClientNegotiatesTheVersion() throws Exception {
    Path client = ExternalPrograms.require("gtlsclient", "ngtcp2-client");
    Path root = folder.resolve("root");
    Path got = Files.createDirectory(folder.resolve("got"));
    List<String> names = RandomFiles.write(root, 1, FILE_BYTES);
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port, "--root=" + root)) {
      List<String> command = new ArrayList<>();
      command.add(client.toString());
      command.addAll(List.of("--quiet", "--no-quic-dump", "--no-http-dump"));
      command.addAll(List.of("--version=0x5a6a7a8a", "--preferred-versions=v1"));
      command.addAll(List.of("--exit-on-all-streams-close", "--download=" + got));
      command.addAll(List.of("127.0.0.1", Integer.toString(port)));
      names.forEach(name -> command.add("https://localhost:" + port + "/" + name));
      Path log = folder.resolve("gtlsclient.log");
      Process fetching = start(command, log);
      assertEquals(0, awaitExit(fetching), () -> read(log));
      RandomFiles.assertSame(root, got, names);
      assertEquals("", gateway.errors());
    }
  }

  /** It speaks a draft of version 2 only, so that ours has to begin again (RFC 9368 §2.1, §8). */
  @Test
  void ourClientBeginsAgainInTheVersionOfTheirServer() throws Exception {
    Path root = folder.resolve("root");
    List<String> names = RandomFiles.write(root, 1, FILE_BYTES);
    int port = FreePort.find();
    Process serving = serve(root, port);
    try {
      QuicConfig config =
          QuicConfig.DEFAULT.withVersions(VersionPolicy.preferring(QuicVersion.V2, QuicVersion.V1));
      assertEquals(List.of((long) FILE_BYTES), RestlessClient.fetch(config, port, names));
    } finally {
      serving.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private Path certificate() {
    return folder.resolve("cert.pem");
  }

  /** Starts their server, and waits until it answers. */
  private Process serve(Path root, int port) throws Exception {
    Path server = ExternalPrograms.require("gtlsserver", "ngtcp2-server");
    Path openssl = ExternalPrograms.require("openssl", "openssl");
    Path key = folder.resolve("key.pem");
    makeCertificate(openssl, certificate(), key);
    Path log = folder.resolve("gtlsserver.log");
    Process serving =
        start(
            List.of(
                server.toString(),
                "--quiet",
                "--no-quic-dump",
                "--no-http-dump",
                "--htdocs=" + root,
                "127.0.0.1",
                Integer.toString(port),
                key.toString(),
                certificate().toString()),
            log);
    try {
      awaitAnswer(port, serving, log);
    } catch (Exception | AssertionError e) {
      serving.destroyForcibly();
      throw e;
    }
    return serving;
  }

  private void makeCertificate(Path openssl, Path certificate, Path key) throws Exception {
    Path log = folder.resolve("openssl.log");
    Process making =
        start(
            List.of(
                openssl.toString(),
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString(),
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            log);
    assertEquals(0, awaitExit(making), () -> read(log));
  }

  private static Process start(List<String> command, Path log) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static int awaitExit(Process process) throws InterruptedException {
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return -1;
    }
    return process.exitValue();
  }

  /** Asks in a version that nobody speaks, until a server says so (RFC 9000 §6.1). */
  private static void awaitAnswer(int port, Process server, Path log) throws Exception {
    byte[] unknownVersion = new byte[1200];
    byte[] header = {(byte) 0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    System.arraycopy(header, 0, unknownVersion, 0, header.length);
    InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    try (DatagramSocket probe = new DatagramSocket()) {
      probe.setSoTimeout(50);
      while (server.isAlive() && System.nanoTime() < end) {
        probe.send(new DatagramPacket(unknownVersion, unknownVersion.length, address));
        if (hasAnswer(probe)) {
          return;
        }
      }
    }
    throw new AssertionError("gtlsserver does not answer: " + read(log));
  }

  private static boolean hasAnswer(DatagramSocket probe) throws IOException {
    try {
      probe.receive(new DatagramPacket(new byte[1500], 1500));
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
