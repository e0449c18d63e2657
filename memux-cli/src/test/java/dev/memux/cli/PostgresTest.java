package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.ConnectConfig;
import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.Gateway;
import dev.memux.gateway.GatewayConfig;
import dev.memux.gateway.ListenAddress;
import dev.memux.gateway.StateDirectory;
import dev.memux.gateway.TunnelCounts;
import dev.memux.http.MuxSocketFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's own server and driver, with a gateway in between. */
@Timeout(180)
final class PostgresTest {
  /** Connections that PostgreSQL takes; three of them are kept for its superusers. */
  private static final int MAX_CONNECTIONS = 60;

  private static final int PLACES = 50;
  private static final int THREADS = 500;

  @TempDir private static Path folder;

  private static PostgresCluster postgres;
  private static Gateway gateway;
  private static int port;
  private static String trust;

  @BeforeAll
  static void start() throws Exception {
    postgres = PostgresCluster.start(MAX_CONNECTIONS);
    StateDirectory state = StateDirectory.at(folder.resolve("state"));
    gateway =
        Gateway.start(
            new GatewayConfig(
                    List.of(new ListenAddress("127.0.0.1", 0)),
                    List.of(),
                    null,
                    null,
                    DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC()),
                    null)
                .withConnect(
                    ConnectConfig.builder()
                        .target("pg=127.0.0.1:" + postgres.port)
                        .limit("pg=" + PLACES)
                        .queueTimeout(Duration.ofMinutes(2))
                        .build()));
    port = gateway.addresses().getFirst().getPort();
    trust = "ca=" + DevelopmentCertificate.certificateFile(state);
  }

  @AfterAll
  static void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    if (postgres != null) {
      postgres.close();
    }
  }

  private static Connection connect(String priority) throws SQLException {
    Properties properties = PostgresCluster.properties();
    properties.setProperty("socketFactory", MuxSocketFactory.class.getName());
    properties.setProperty(
        "socketFactoryArg", "https://127.0.0.1:" + port + "?" + trust + "&priority=" + priority);
    properties.setProperty("connectTimeout", "0"); // who waits for a place has not failed
    return DriverManager.getConnection("jdbc:postgresql://pg/postgres", properties);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, "never");
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void manyThreadsSeeWhatOneDirectConnectionSees() throws Exception {
    String expected;
    try (Connection direct = postgres.direct()) {
      expected = SqlScript.run(direct, "direct");
    }
    try (Connection one = connect("u=3")) {
      assertEquals(expected, SqlScript.run(one, "one"));
      assertEquals(1, flows());
    }
    List<Callable<String>> programs = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      String schema = "schema_" + i;
      String priority = "u=" + i % 8;
      programs.add(
          () -> {
            try (Connection connection = connect(priority)) {
              return SqlScript.run(connection, schema);
            }
          });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection watch = postgres.direct()) {
      List<Future<String>> seen = new ArrayList<>();
      programs.forEach(program -> seen.add(threads.submit(program)));
      await(() -> gateway.tunnels().total() >= THREADS / 2);
      assertEquals(1, flows());
      int most = 0;
      while (seen.stream().anyMatch(one -> !one.isDone())) {
        most = Math.max(most, sessions(watch));
        LockSupport.parkNanos(50_000_000);
      }
      for (Future<String> one : seen) {
        assertEquals(expected, one.get());
      }
      assertTrue(most <= PLACES, "sessions at a time: " + most);
      assertTrue(most > PLACES / 2, "sessions at a time: " + most);
      assertEquals(1, flows());
    }
    await(() -> gateway.tunnels().equals(new TunnelCounts(0, 0)));
  }

  @Test
  void thoseWhoWaitGetConnectionsInOrderOfPriority() throws Exception {
    List<Connection> holders = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < PLACES; i++) {
        holders.add(connect("u=3"));
      }
      BlockingQueue<String> served = new LinkedBlockingQueue<>();
      Map<String, Integer> expected = new HashMap<>();
      List<String> priorities = List.of("u=6", "u=2", "u=5", "u=0");
      for (int i = 0; i < 40; i++) {
        String priority = priorities.get(i % priorities.size());
        expected.merge(priority, 1, Integer::sum);
        int before = i;
        threads.submit(
            () -> {
              try (Connection connection = connect(priority);
                  Statement statement = connection.createStatement()) {
                statement.execute("SELECT 1");
                served.add(priority);
              } catch (SQLException e) {
                served.add(e.toString());
              }
            });
        await(() -> gateway.tunnels().waiting() == before + 1);
      }
      holders.removeLast().close(); // one place, which goes from one to the next
      for (String priority : List.of("u=0", "u=2", "u=5", "u=6")) {
        for (int i = 0; i < expected.get(priority); i++) {
          assertEquals(priority, served.poll(60, TimeUnit.SECONDS));
        }
      }
    } finally {
      for (Connection holder : holders) {
        holder.close();
      }
    }
    await(() -> gateway.tunnels().equals(new TunnelCounts(0, 0)));
  }

  /** Client sessions at PostgreSQL, the one that asks not counted. */
  private static int sessions(Connection watch) throws SQLException {
    try (Statement statement = watch.createStatement();
        ResultSet count =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity"
                    + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")) {
      count.next();
      return count.getInt(1);
    }
  }

  /** UDP and TCP flows between clients and the gateway, as the kernel has them. */
  private static long flows() throws Exception {
    Path ss = ExternalPrograms.require("ss", "iproute2");
    Process process =
        new ProcessBuilder(ss.toString(), "-Hntu", "state", "connected", "dst", "127.0.0.1:" + port)
            .redirectErrorStream(true)
            .start();
    String lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertEquals(0, process.waitFor(), lines);
    return lines.lines().count();
  }
}
