package dev.memux.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** ngtcp2's programs with GnuTLS, as Debian has them: HTTP/3 alone. */
final class Ngtcp2Peer implements Peer {
  private static final List<String> CLIENTS = List.of("/usr/bin/gtlsclient");
  private static final List<String> SERVERS =
      List.of("/usr/sbin/gtlsserver", "/usr/bin/gtlsserver");
  private static final String CHACHA20 =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305";

  /** By default it is ten seconds, which some cases take. */
  private static final String HANDSHAKE_TIMEOUT = "--handshake-timeout=60s";

  /** Version 2 had another number when these were made. */
  private static final Set<TestCase> UNSUPPORTED = EnumSet.of(TestCase.V2);

  @Override
  public String name() {
    return "ngtcp2";
  }

  @Override
  public boolean isInstalled() {
    return installed(CLIENTS).findAny().isPresent() && installed(SERVERS).findAny().isPresent();
  }

  private static Stream<String> installed(List<String> programs) {
    return programs.stream().filter(program -> Files.isExecutable(Path.of(program)));
  }

  private static String program(List<String> programs) throws IOException {
    return installed(programs).findFirst().orElseThrow(() -> new IOException("no " + programs));
  }

  @Override
  public boolean speaksHttp09() {
    return false;
  }

  @Override
  public boolean serves(TestCase testCase) {
    return !UNSUPPORTED.contains(testCase);
  }

  @Override
  public boolean fetches(TestCase testCase) {
    return !UNSUPPORTED.contains(testCase);
  }

  @Override
  public Endpoint serve(Job job) throws IOException {
    List<String> command = quiet(program(SERVERS));
    command.add(HANDSHAKE_TIMEOUT);
    command.add("--htdocs=" + job.www());
    switch (job.testCase()) {
      case RETRY -> command.add("--validate-addr");
      case CHACHA20 -> command.add("--ciphers=" + CHACHA20);
      default -> {}
    }
    command.add(job.address().getAddress().getHostAddress());
    command.add(Integer.toString(job.address().getPort()));
    command.add(job.certificates().resolve("priv.key").toString());
    command.add(job.certificates().resolve("cert.pem").toString());
    return Endpoint.start(command, environment(job, "server"), job.log("server"));
  }

  @Override
  public int fetch(Job job, Duration limit) throws IOException, InterruptedException {
    long endNanos = System.nanoTime() + limit.toNanos();
    for (List<String> names : connections(job)) {
      Duration left = Duration.ofNanos(endNanos - System.nanoTime());
      try (Endpoint client =
          Endpoint.start(command(job, names), environment(job, "client"), job.log("client"))) {
        int code = client.await(left);
        if (code != 0) {
          return code;
        }
      }
    }
    return 0;
  }

  /** Each run of the program is a connection. */
  private static List<List<String>> connections(Job job) {
    List<String> names = job.names();
    return switch (job.testCase()) {
      case RESUMPTION, ZERORTT -> List.of(names.subList(0, 1), names.subList(1, names.size()));
      case HANDSHAKELOSS, HANDSHAKECORRUPTION -> names.stream().map(List::of).toList();
      default -> List.of(names);
    };
  }

  private static List<String> command(Job job, List<String> names) throws IOException {
    List<String> command = quiet(program(CLIENTS));
    command.add(HANDSHAKE_TIMEOUT);
    command.add("--exit-on-all-streams-close");
    command.add("--download=" + job.downloads());
    switch (job.testCase()) {
      case CHACHA20 -> command.add("--ciphers=" + CHACHA20);
      case KEYUPDATE -> command.add("--key-update=100ms");
      case CONNECTIONMIGRATION -> command.add("--change-local-addr=500ms");
      case RESUMPTION -> {
        command.addAll(remembering(job));
        command.add("--disable-early-data");
      }
      case ZERORTT -> command.addAll(remembering(job));
      case TRANSFER, MULTIPLEXING -> command.add("--max-data=131072");
      default -> {}
    }
    command.add(job.address().getAddress().getHostAddress());
    command.add(Integer.toString(job.address().getPort()));
    names.forEach(name -> command.add(job.url(name)));
    return command;
  }

  private static List<String> remembering(Job job) {
    return List.of(
        "--session-file=" + job.folder().resolve("session.pem"),
        "--tp-file=" + job.folder().resolve("parameters"));
  }

  private static List<String> quiet(String program) {
    return new ArrayList<>(List.of(program, "--quiet", "--no-quic-dump", "--no-http-dump"));
  }

  private static Map<String, String> environment(Job job, String role) {
    return Map.of("SSLKEYLOGFILE", job.keyLog(role).toString());
  }
}
