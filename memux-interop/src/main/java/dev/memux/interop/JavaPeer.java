package dev.memux.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One that runs in a JVM, with a program that is an endpoint of the runner: told by the environment
 * what to do, and by arguments where.
 */
record JavaPeer(
    String name, List<String> program, Set<TestCase> unservable, Set<TestCase> unfetchable)
    implements Peer {
  /** memux's own command. */
  static JavaPeer memux() {
    Set<TestCase> missing = EnumSet.of(TestCase.ECN, TestCase.V2, TestCase.CONNECTIONMIGRATION);
    return new JavaPeer("memux", List.of("dev.memux.cli.Main", "interop"), missing, missing);
  }

  /** Netty's native QUIC: no choice of ciphers for TLS 1.3, no ECN, version 1 alone. */
  static JavaPeer netty() {
    return new JavaPeer(
        "netty-native",
        List.of(NettyEndpoint.class.getName()),
        EnumSet.of(TestCase.CHACHA20, TestCase.ECN, TestCase.V2, TestCase.CONNECTIONMIGRATION),
        EnumSet.of(
            TestCase.CHACHA20,
            TestCase.ZERORTT,
            TestCase.KEYUPDATE,
            TestCase.ECN,
            TestCase.V2,
            TestCase.CONNECTIONMIGRATION));
  }

  /** Kwik, QUIC in Java. */
  static JavaPeer kwik() {
    return new JavaPeer(
        "kwik",
        List.of(KwikEndpoint.class.getName()),
        EnumSet.of(TestCase.CHACHA20, TestCase.ECN, TestCase.CONNECTIONMIGRATION),
        EnumSet.of(TestCase.HTTP3, TestCase.ECN, TestCase.CONNECTIONMIGRATION));
  }

  @Override
  public boolean isInstalled() {
    return true;
  }

  @Override
  public boolean speaksHttp09() {
    return true;
  }

  @Override
  public boolean serves(TestCase testCase) {
    return !unservable.contains(testCase);
  }

  @Override
  public boolean fetches(TestCase testCase) {
    return !unfetchable.contains(testCase);
  }

  @Override
  public Endpoint serve(Job job) throws IOException {
    return start(
        job,
        "server",
        Map.of("TESTCASE", job.testCase().serverCase()),
        "--listen=" + job.authority(),
        "--www=" + job.www(),
        "--certs=" + job.certificates(),
        "--alpn=" + job.protocol());
  }

  @Override
  public int fetch(Job job, Duration limit) throws IOException, InterruptedException {
    try (Endpoint client =
        start(
            job,
            "client",
            Map.of(
                "TESTCASE", job.testCase().clientCase(), "REQUESTS", String.join(" ", job.urls())),
            "--downloads=" + job.downloads(),
            "--alpn=" + job.protocol())) {
      return client.await(limit);
    }
  }

  private Endpoint start(Job job, String role, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    // Ready soon: what a link of 10 Mbit/s carries needs no more.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(program);
    command.add(role);
    command.addAll(List.of(arguments));
    Map<String, String> all = new HashMap<>(environment);
    all.put("SSLKEYLOGFILE", job.keyLog(role).toString());
    return Endpoint.start(command, all, job.log(role));
  }
}
