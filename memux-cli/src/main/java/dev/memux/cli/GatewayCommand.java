package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.Backend;
import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.Gateway;
import dev.memux.gateway.GatewayConfig;
import dev.memux.gateway.GatewayObserver;
import dev.memux.gateway.ListenAddress;
import dev.memux.gateway.StateDirectory;
import dev.memux.tls.PemException;
import dev.memux.tls.TlsCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux gateway}: serves until it is told to stop. */
@Command(
    name = "gateway",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {
      "Serve a site over HTTP/3, HTTP/2 and HTTP/1.1: the demonstration site, or the files of a"
          + " folder.",
      ""
    },
    description = {
      "",
      "Without --cert a development certificate for localhost, 127.0.0.1 and ::1 is used, made on"
          + " first use. 'memux get' of the same user trusts it; a browser does with the options"
          + " that are printed.",
      "",
      "On SIGHUP the certificate and its key are read again; connections go on.",
      "",
      "Ctrl-C lets requests under way finish; a second one does not wait.",
      "",
      "With SSLKEYLOGFILE in the environment TLS secrets are appended to that file.",
      ""
    },
    footer = {
      "",
      "For example:",
      "  memux gateway",
      "  memux gateway --root public_html --listen 127.0.0.1:4433",
      "  memux gateway --backend http://127.0.0.1:8080",
      "  memux gateway --connect-target db=127.0.0.1:5432 --connect-limit db=50"
    })
final class GatewayCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description =
          "Where to listen; may be given several times (default: 127.0.0.1:8443 and [::1]:8443).")
  private List<String> listen = List.of();

  @Option(
      names = "--root",
      paramLabel = "FOLDER",
      description =
          "Serve the files below this folder (default, without --backend: the demonstration site).")
  private @Nullable Path root;

  @Mixin private CacheOptions cache = new CacheOptions();

  @Mixin private BackendOptions backend = new BackendOptions();

  @Mixin private PacketOptions packets = new PacketOptions();

  @Mixin private ConnectOptions connect = new ConnectOptions();

  @Mixin private CongestionOption congestion = new CongestionOption();

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "The certificate chain, in PEM; with --key.")
  private @Nullable Path certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "Its private key, in PEM.")
  private @Nullable Path key;

  @Option(
      names = "--drain-timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long requests may go on after Ctrl-C (default: ${DEFAULT-VALUE}).")
  private double drainTimeoutSeconds;

  @Option(
      names = "--log-connections",
      description =
          "Print a line for each connection: the peer, the protocol, and what TLS has agreed on;"
              + " and one for each tunnel that is over: where it led, and what became of it.")
  private boolean logConnections;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  @Override
  public Integer call() throws InterruptedException {
    Diagnostics.configure(verbose);
    if (!(drainTimeoutSeconds >= 0 && drainTimeoutSeconds <= 86_400)) {
      throw new CommandFailure(ExitCode.USAGE, "--drain-timeout must be 0 to 86400 seconds");
    }
    StateDirectory state = StateDirectory.ofUser();
    GatewayConfig config = config(state);
    CountDownLatch stop = new CountDownLatch(1);
    AtomicInteger signals = new AtomicInteger();
    Signals.onStop(
        () -> {
          if (signals.incrementAndGet() > 1) {
            Runtime.getRuntime().halt(INTERRUPTED);
          }
          stop.countDown();
        });
    try (ConnectionLog log = ConnectionLog.toStandardOutput();
        Gateway gateway = start(config, logConnections ? log : GatewayObserver.NONE)) {
      gateway.unavailable().forEach(Diagnostics::error);
      Invitation.print(System.out, gateway, config, certificateFile(state), certificate == null);
      Signals.onReload(() -> reload(gateway, state));
      stop.await();
      drain(gateway, System.out);
    }
    return ExitCode.OK;
  }

  private void drain(Gateway gateway, PrintStream out) {
    int open = gateway.connectionCount();
    if (open > 0) {
      out.println("finishing what is under way (Ctrl-C again: stop at once)");
      out.flush();
    }
    gateway.drain(Duration.ofNanos((long) (drainTimeoutSeconds * 1e9)));
  }

  private void reload(Gateway gateway, StateDirectory state) {
    try {
      gateway.reload(credentials(state));
      System.out.println("reloaded the certificate");
      System.out.flush();
    } catch (CommandFailure | IllegalArgumentException e) {
      Diagnostics.error(e.getMessage() + "; the old certificate stays in use");
    }
  }

  private static Gateway start(GatewayConfig config, GatewayObserver observer) {
    try {
      return Gateway.start(config, observer);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()));
    }
  }

  private GatewayConfig config(StateDirectory state) {
    if (root != null && !Files.isDirectory(root)) {
      throw new CommandFailure(ExitCode.USAGE, "--root: " + root + " is not a folder");
    }
    Backend answering = backend.backend();
    if (root != null && answering != null) {
      throw new CommandFailure(
          ExitCode.USAGE, "--root and --backend: only one of them can answer requests");
    }
    List<ListenAddress> required = listen.stream().map(GatewayCommand::address).toList();
    List<ListenAddress> optional = List.of();
    if (required.isEmpty()) {
      // Where a machine has no IPv6, that is no reason not to serve.
      required = ListenAddress.DEFAULTS.subList(0, 1);
      optional = ListenAddress.DEFAULTS.subList(1, ListenAddress.DEFAULTS.size());
    }
    return new GatewayConfig(
        required,
        optional,
        root,
        answering,
        connect.connect(),
        credentials(state),
        KeyLogs.fromEnvironment(),
        cache.limits(root != null),
        packets.apply(QuicConfig.DEFAULT).withCongestion(congestion.control()));
  }

  private TlsCredentials credentials(StateDirectory state) {
    if ((certificate == null) != (key == null)) {
      throw new CommandFailure(ExitCode.USAGE, "--cert and --key belong together");
    }
    try {
      return certificate != null && key != null
          ? TlsCredentials.fromPem(certificate, key)
          : DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC());
    } catch (PemException | IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILURE, "the development certificate cannot be kept: " + e.getMessage());
    }
  }

  private Path certificateFile(StateDirectory state) {
    return certificate != null ? certificate : DevelopmentCertificate.certificateFile(state);
  }

  private static ListenAddress address(String text) {
    try {
      return ListenAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--listen " + e.getMessage());
    }
  }
}
