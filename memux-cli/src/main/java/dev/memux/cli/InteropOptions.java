package dev.memux.cli;

import dev.memux.cli.http09.Http09;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Http3Service;
import dev.memux.tls.CipherSuite;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What both endpoints of the interop runner have in common. */
final class InteropOptions {
  /** The runner's code for test cases that an endpoint does not have. */
  static final int UNSUPPORTED = 127;

  private static final String TEST_CASE = "TESTCASE";

  /**
   * Longer than by default: a handshake that loses a third of its packets, three in a row at times,
   * takes that long now and then.
   */
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofMinutes(1);

  @Option(
      names = "--alpn",
      paramLabel = "NAME",
      description =
          "hq-interop or h3, for a peer that has no other (default: what the test case says).")
  private @Nullable String applicationProtocol;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  boolean verbose() {
    return verbose;
  }

  /**
   * The test case that the environment names.
   *
   * @throws CommandFailure if there is none
   */
  InteropCase testCase() {
    String name = System.getenv(TEST_CASE);
    InteropCase known = name == null ? null : InteropCase.of(name);
    if (known == null) {
      throw new CommandFailure(UNSUPPORTED, TEST_CASE + "=" + name + " is not supported");
    }
    return known;
  }

  String applicationProtocol(InteropCase testCase) {
    String chosen =
        applicationProtocol == null ? testCase.applicationProtocol() : applicationProtocol;
    if (!chosen.equals(Http09.ALPN) && !chosen.equals(Http3Service.ALPN)) {
      throw new CommandFailure(ExitCode.USAGE, "--alpn " + chosen + " is not supported");
    }
    return chosen;
  }

  /** What TLS offers or takes. */
  static CipherSuite[] cipherSuites(InteropCase testCase) {
    return testCase == InteropCase.CHACHA20
        ? new CipherSuite[] {CipherSuite.TLS_CHACHA20_POLY1305_SHA256}
        : CipherSuite.values();
  }

  static QuicConfig config() {
    return QuicConfig.DEFAULT.withHandshakeTimeoutNanos(HANDSHAKE_TIMEOUT.toNanos());
  }
}
