package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import dev.memux.netty.MuxException;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PerfTest {
  private static final int PACKET_BYTES = 1350;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "BULK, DOWNLOAD",
    "BULK, UPLOAD",
    "STREAMS, DOWNLOAD",
    "STREAMS, UPLOAD",
    "REQUESTS, DOWNLOAD",
    "HANDSHAKES, DOWNLOAD",
    "RESUMPTIONS, DOWNLOAD"
  })
  void measuresEachWorkload(PerfPlan.Workload workload, PerfPlan.Direction direction)
      throws Exception {
    PerfPlan plan = new PerfPlan(workload, direction, 500_003, 7, 20, 4, 5, 64, 1024);
    try (PerfServer server = PerfServer.start(listen())) {
      InetSocketAddress at = server.localAddress();
      PerfResult result =
          new PerfClient(
                  client(workload), at.getAddress().getHostAddress(), at.getPort(), plan, "ciphers")
              .run();
      assertTrue(result.nanos() > 0, result.toString());
      assertTrue(result.clientCpuNanos() >= 0, result.toString());
      assertTrue(result.serverCpuNanos() >= 0, result.toString());
      assertEquals(PACKET_BYTES, result.packetBytes());
      assertFields(result.json(), workload.countsBytes());
      assertTrue(result.json().matches(".*\"TLS_\\w+ ciphers\".*"), result.json());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 77})
  void theServerRefusesWhatMakesNoSense(int what) throws Exception {
    try (PerfServer server = PerfServer.start(listen());
        Session session =
            client(PerfPlan.Workload.BULK).connect(server.localAddress(), "localhost");
        Stream stream = session.open()) {
      stream.outputStream().write(PerfProtocol.header(what, 10));
      stream.shutdownOutput();
      assertThrows(MuxException.Peer.class, () -> stream.inputStream().read());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 65_521, 200_000, 1_000_000})
  void dataAreCheckedToTheByte(long bytes) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PerfProtocol.writeData(out, bytes);
    byte[] data = out.toByteArray();
    PerfProtocol.readData(new ByteArrayInputStream(data), bytes);
    assertThrows(
        IOException.class, () -> PerfProtocol.readData(new ByteArrayInputStream(data), bytes - 1));
    assertThrows(
        EOFException.class, () -> PerfProtocol.readData(new ByteArrayInputStream(data), bytes + 1));
    data[data.length - 1] ^= 1;
    assertThrows(
        IOException.class, () -> PerfProtocol.readData(new ByteArrayInputStream(data), bytes));
  }

  @Test
  void measuresBetweenProcesses() throws Exception {
    try (MemuxProcess server =
        MemuxProcess.start(folder, "perf", "server", "--listen=127.0.0.1:0")) {
      String ready = server.awaitLine("ready: ").strip();
      String connect = "--connect=" + ready.substring("ready: ".length());
      for (List<String> workload :
          List.of(
              List.of("bulk", "--bytes=300000", "--warmup=1000"),
              List.of("bulk", "--bytes=300000", "--carrier=tcp"),
              List.of("handshakes", "--requests=3", "--concurrency=2"),
              List.of("resumptions", "--requests=3", "--concurrency=2"))) {
        List<String> arguments = new ArrayList<>(List.of("perf", "client", connect, "--json"));
        arguments.add("--workload=" + workload.getFirst());
        arguments.addAll(workload.subList(1, workload.size()));
        try (MemuxProcess client = MemuxProcess.start(folder, arguments, Map.of())) {
          assertEquals(ExitCode.OK, client.awaitExit(), client.errors());
          List<String> lines = client.output().lines().toList();
          assertEquals(1, lines.size(), lines.toString());
          assertFields(lines.getFirst(), workload.getFirst().equals("bulk"));
        }
      }
      server.terminate();
      assertEquals(ExitCode.OK, server.awaitExit(), server.errors());
    }
  }

  @Test
  void saysWhatIsWrongWithTheCommandLine() {
    assertEquals(ExitCode.USAGE, Main.run("perf", "client"));
    assertEquals(ExitCode.USAGE, Main.run("perf", "client", "--workload=walk"));
    assertEquals(ExitCode.USAGE, Main.run("perf", "client", "--workload=bulk", "--bytes=0"));
    assertEquals(
        ExitCode.USAGE, Main.run("perf", "client", "--workload=bulk", "--packet-bytes=100"));
    assertEquals(
        ExitCode.USAGE,
        Main.run("perf", "client", "--workload=bulk", "--congestion-control=vegas"));
    assertEquals(
        ExitCode.USAGE, Main.run("perf", "client", "--workload=resumptions", "--carrier=tcp"));
    assertEquals(
        ExitCode.UNREACHABLE,
        Main.run("perf", "client", "--workload=bulk", "--connect=127.0.0.1:1"));
  }

  /** The fields that a line must have, and no other. */
  private static void assertFields(String json, boolean countsBytes) {
    Map<String, Object> fields = Json.object(json);
    assertEquals(
        List.of(
            "workload",
            "seconds",
            countsBytes ? "gbit_per_s" : "per_s",
            "cpu_s_client",
            "cpu_s_server",
            "rss_mb_client",
            "rss_mb_server",
            "packet_bytes",
            "cipher",
            "io"),
        List.copyOf(fields.keySet()));
    assertTrue(((Number) fields.get("seconds")).doubleValue() > 0, json);
    assertTrue(((String) fields.get("cipher")).startsWith("TLS_"), json);
    assertFalse(((String) fields.get("io")).isEmpty(), json);
  }

  private SessionServer listen() throws IOException {
    StateDirectory state = StateDirectory.at(folder);
    return SessionServer.builder()
        .tls(
            TlsServerConfig.builder()
                .credentials(DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC()))
                .applicationProtocols(PerfProtocol.ALPN)
                .ticketKeys(
                    new TicketKeys(Duration.ofHours(1), InstantSource.system(), new SecureRandom()))
                .build())
        .config(QuicConfig.DEFAULT.withMaxDatagramBytes(PACKET_BYTES))
        .drainTimeout(Duration.ZERO)
        .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private static SessionClient client(PerfPlan.Workload workload) {
    TlsClientConfig.Builder tls =
        TlsClientConfig.builder().applicationProtocols(PerfProtocol.ALPN).insecureTrustAny();
    if (workload == PerfPlan.Workload.RESUMPTIONS) {
      tls.sessionCache(new RepeatedSession(), InstantSource.system());
    }
    return SessionClient.builder()
        .tls(tls.build())
        .config(QuicConfig.DEFAULT.withMaxDatagramBytes(PACKET_BYTES))
        .build();
  }
}
