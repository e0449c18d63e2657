package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.cli.GatewayClient.Version;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A gateway in front of nginx, as users run both. */
@Timeout(600)
final class NginxBackendTest {
  private static final int REQUESTS = 1_000;

  /** How often each size is asked for; about 100 MB in all. */
  private static final int[][] SIZES = {
    {0, 200}, {1, 100}, {1_000, 300}, {16_384, 200}, {65_537, 100}, {300_000, 80}, {3_000_000, 20}
  };

  private static final long PENDING_BYTES = 1L << 30;
  private static final long MAX_GROWTH_KILOBYTES = 32 * 1024;

  /** How long the slow reader does not read. */
  private static final int HOLD_SECONDS = Integer.getInteger("memux.slow-reader.seconds", 10);

  /** The machine may be busy with something else for a while; not for so many rounds. */
  private static final int ROUNDS = 3;

  @TempDir private Path folder;
  private Path root;
  private Path nginx;

  @BeforeEach
  void prepare() throws IOException {
    nginx = ExternalPrograms.require("nginx", "nginx");
    root = Files.createDirectory(folder.resolve("root"));
  }

  /** Writes a file of that size and returns its hash. */
  private String write(int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    Files.write(root.resolve("f" + bytes), content);
    MessageDigest digest = GatewayClient.sha256();
    digest.update(content);
    return GatewayClient.hex(digest);
  }

  @ParameterizedTest
  @EnumSource
  void answersAThousandAtATime(Version version) throws Exception {
    List<String> paths = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int[] size : SIZES) {
      String hash = write(size[0]);
      for (int i = 0; i < size[1]; i++) {
        // Large and small side by side, the same for each version.
        int place = new Random(31L * size[0] + i).nextInt(paths.size() + 1);
        paths.add(place, "/f" + size[0]);
        expected.add(place, hash);
      }
    }
    assertEquals(REQUESTS, paths.size());
    int port = FreePort.find();
    try (NginxServer backend = NginxServer.start(nginx, folder.resolve("nginx"), root);
        MemuxProcess gateway = MemuxProcess.gateway(folder, port, "--backend=" + backend.url());
        GatewayClient client = version.open(port)) {
      for (int i = 0; i < GatewayClient.HTTP2_CONNECTIONS; i++) {
        client.fetch("/f1").get(60, TimeUnit.SECONDS); // so that HTTP/2 has its connections
      }
      List<CompletableFuture<String>> replies = new ArrayList<>();
      for (String path : paths) {
        replies.add(client.fetch(path));
      }
      for (int i = 0; i < REQUESTS; i++) {
        assertEquals(
            expected.get(i), replies.get(i).get(120, TimeUnit.SECONDS), i + " " + paths.get(i));
      }
      assertEquals("", gateway.errors());
    }
  }

  @ParameterizedTest
  @EnumSource
  void isNotBurdenedByOneWhoDoesNotRead(Version version) throws Exception {
    write(1_000);
    try (RandomAccessFile big = new RandomAccessFile(root.resolve("big").toFile(), "rw")) {
      big.setLength(PENDING_BYTES);
    }
    int port = FreePort.find();
    try (NginxServer backend = NginxServer.start(nginx, folder.resolve("nginx"), root);
        MemuxProcess gateway = smallGateway(port, backend);
        GatewayClient honest = Version.HTTP_2.open(port)) {
      try (GatewayClient warmUp = version.open(port)) {
        warmUp.fetchWithoutReading("/big");
        latencies(honest, HOLD_SECONDS * 1_000L);
      }
      List<String> rounds = new ArrayList<>();
      boolean fine = false;
      for (int round = 0; round < ROUNDS && !fine; round++) {
        double before = percentile99(latencies(honest, HOLD_SECONDS * 500L));
        long residentBefore = residentKilobytes(gateway);
        double during;
        long growth;
        try (GatewayClient slow = version.open(port)) {
          slow.fetchWithoutReading("/big");
          during = percentile99(latencies(honest, HOLD_SECONDS * 1_000L));
          growth = residentKilobytes(gateway) - residentBefore;
        }
        double after = percentile99(latencies(honest, HOLD_SECONDS * 500L));
        rounds.add(
            "%s: resident %d KB and %d KB, p99 %.1f ms, with the slow reader %.1f ms, after %.1f ms"
                .formatted(version, residentBefore, growth, before, during, after));
        fine = growth <= MAX_GROWTH_KILOBYTES && during <= 2 * Math.max(before, after);
      }
      System.out.println(String.join("\n", rounds));
      assertTrue(fine, rounds::toString);
      assertTrue(gateway.isAlive());
    }
  }

  /** Its heap begins as small as the launcher has it. */
  private MemuxProcess smallGateway(int port, NginxServer backend) throws IOException {
    MemuxProcess gateway =
        MemuxProcess.start(
            folder,
            List.of("gateway", "--listen=127.0.0.1:" + port, "--backend=" + backend.url()),
            Map.of("JDK_JAVA_OPTIONS", "-Xms64m"));
    gateway.awaitLine("ready");
    return gateway;
  }

  /** Asks one after another for so long; in milliseconds. */
  private static double[] latencies(GatewayClient client, long millis) throws Exception {
    double[] taken = new double[1_000];
    int count = 0;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      client.fetch("/f1000").get(60, TimeUnit.SECONDS);
      if (count == taken.length) {
        taken = Arrays.copyOf(taken, 2 * count);
      }
      taken[count++] = (System.nanoTime() - start) / 1e6;
    }
    return Arrays.copyOf(taken, count);
  }

  private static double percentile99(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (sorted.length * 0.99)];
  }

  private static long residentKilobytes(MemuxProcess process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("no VmRSS");
  }
}
