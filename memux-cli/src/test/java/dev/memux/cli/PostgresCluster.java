package dev.memux.cli;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PostgreSQL server of its own, in a folder of its own, with the programs of Debian. */
final class PostgresCluster implements AutoCloseable {
  static final String PACKAGE = "postgresql";

  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql");
  private static final long PATIENCE_SECONDS = 60;

  /** Who runs the server where the tests are root's, which PostgreSQL refuses to be. */
  private static final String USER = "postgres";

  private final Path folder;
  private final Path log;
  private final Process server;
  final int port;

  private PostgresCluster(Path folder, Path log, Process server, int port) {
    this.folder = folder;
    this.log = log;
    this.server = server;
    this.port = port;
  }

  /** Makes the cluster and starts it; without PostgreSQL the calling test is skipped. */
  static PostgresCluster start(int maxConnections) throws Exception {
    Path programs = programs();
    Path folder = Files.createTempDirectory("memux-postgres");
    Path log = Files.createTempFile("memux-postgres", ".log");
    if (isRoot()) {
      run(List.of("chown", USER, folder.toString(), log.toString()), log);
    }
    Path data = folder.resolve("data");
    run(
        asUser(
            programs.resolve("initdb").toString(),
            "--pgdata=" + data,
            "--username=test",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C"),
        log);
    int port = FreePort.find();
    Process server =
        new ProcessBuilder(
                asUser(
                    programs.resolve("postgres").toString(),
                    "-D" + data,
                    "-p" + port,
                    "-clisten_addresses=127.0.0.1",
                    "-cunix_socket_directories=",
                    "-cfsync=off",
                    "-cmax_connections=" + maxConnections))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    PostgresCluster cluster = new PostgresCluster(folder, log, server, port);
    try {
      cluster.awaitReady();
    } catch (Exception e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /** A connection without anything in between. */
  Connection direct() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties());
  }

  static Properties properties() {
    Properties properties = new Properties();
    properties.setProperty("user", "test");
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    return properties;
  }

  private void awaitReady() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try {
        direct().close();
        return;
      } catch (SQLException e) {
        if (!server.isAlive() || System.nanoTime() - deadline > 0) {
          throw new IOException(Files.readString(log), e);
        }
        server.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
  }

  private static Path programs() throws IOException {
    if (Files.isDirectory(PROGRAMS)) {
      try (Stream<Path> versions = Files.list(PROGRAMS)) {
        Path newest = versions.max(Comparator.naturalOrder()).orElse(PROGRAMS).resolve("bin");
        if (Files.isExecutable(newest.resolve("postgres"))) {
          return newest;
        }
      }
    }
    System.err.println("Skipped: PostgreSQL not found; apt install " + PACKAGE);
    return abort("PostgreSQL not found");
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static List<String> asUser(String... command) {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      all.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups"));
    }
    all.addAll(List.of(command));
    return all;
  }

  private static void run(List<String> command, Path log) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(log.getParent().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(command + ": " + Files.readString(log));
    }
  }

  @Override
  public void close() throws IOException {
    // SIGTERM would wait for sessions, which a failed test leaves behind; SIGINT ends them.
    new ProcessBuilder("kill", "-INT", Long.toString(server.pid())).start();
    server.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    Files.delete(log);
  }
}
