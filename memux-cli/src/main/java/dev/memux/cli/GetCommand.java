package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.StateDirectory;
import dev.memux.http.ClientConnection;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Origin;
import dev.memux.http.RequestUrl;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import dev.memux.tls.KeyLog;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsSession;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code memux get}: fetches URLs, all at once, over one connection to each server. */
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Fetch URLs over HTTP/3, all at once, over one connection to each server.", ""},
    description = {
      "",
      "One URL goes to standard output, several need a folder. Servers started by the same user"
          + " with 'memux gateway' are trusted; others must have a certificate that the JDK trusts,"
          + " or see --cacert.",
      "",
      "With SSLKEYLOGFILE in the environment TLS secrets are appended to that file.",
      "",
      "Sessions are kept in the user's cache folder: a server that was visited before and allows it"
          + " gets the request with the first packets (0-RTT).",
      ""
    },
    exitCodeListHeading = "%nExit codes (of the first URL that failed):%n",
    exitCodeList = {
      " 0:all was fetched",
      " 2:the command line is wrong",
      " 3:a URL is malformed",
      " 6:a host could not be resolved",
      " 7:no connection to a server",
      "22:an answer was 400 or above (--fail)",
      "23:writing failed",
      "28:a time limit was reached",
      "35:the TLS handshake failed",
      "56:the answer broke off",
      "60:a certificate is not trusted",
      "77:the file of --cacert cannot be read"
    },
    footer = {
      "",
      "For example:",
      "  memux get https://localhost:8443/",
      "  memux get -o pictures/ https://localhost:8443/img/tile-0{1,2,3}.png",
      "  memux get --json https://localhost:8443/"
    })
final class GetCommand implements Callable<Integer> {
  private static final long CLOSE_MILLIS = 1_000;

  /** How long a ticket for the next run is worth waiting for: some round trips. */
  private static final long TICKET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final Pattern PRIORITY = Pattern.compile("u=[0-7]|i|u=[0-7], ?i");

  @Parameters(
      paramLabel = "URL",
      arity = "1..*",
      description = "What to fetch: https://HOST[:PORT]/PATH")
  private List<String> urls = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE|FOLDER",
      description = "Write there; - is standard output. A folder is made if it does not exist.")
  private @Nullable String output;

  @Mixin private CarrierOption carrier = new CarrierOption();

  @Mixin private TrustOptions trust = new TrustOptions();

  @Option(
      names = {"-f", "--fail"},
      description = "Treat an answer of 400 or above as a failure and leave its body out.")
  private boolean fail;

  @Option(
      names = "--priority",
      paramLabel = "VALUE",
      description =
          "Say how urgent the answers are (RFC 9218): u=0, the most urgent, to u=7, and i where a"
              + " part is of use, as in u=1,i (default: say nothing, which means u=3).")
  private @Nullable String priority;

  @Option(
      names = "--json",
      description =
          "Print a JSON object on one line for each URL (url, status, bytes, ttfb_ms, total_ms,"
              + " protocol; times count from the request), then one for each connection, which"
              + " tells too whether it resumed a session and what became of early data."
              + " Without -o the bodies are dropped.")
  private boolean json;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long connecting may take (default: ${DEFAULT-VALUE}).")
  private double connectTimeoutSeconds;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  @Override
  public Integer call() {
    Diagnostics.configure(verbose);
    List<RequestUrl> parsed = urls.stream().map(GetCommand::parse).toList();
    List<Output> outputs = OutputPlan.of(parsed, output, json);
    List<Download> downloads = new ArrayList<>();
    for (int i = 0; i < parsed.size(); i++) {
      downloads.add(new Download(parsed.get(i), outputs.get(i), fail, priority()));
    }
    if (!(connectTimeoutSeconds > 0 && connectTimeoutSeconds <= 86_400)) {
      throw new CommandFailure(ExitCode.USAGE, "--connect-timeout must be above 0 seconds");
    }
    Map<Origin, Server> servers = servers(parsed);
    long distinctOrigins = parsed.stream().map(RequestUrl::origin).distinct().count();
    int threads = (int) Math.min(distinctOrigins, Runtime.getRuntime().availableProcessors());
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(threads);
    try {
      return run(downloads, client(group, servers), servers);
    } finally {
      group
          .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
          .awaitUninterruptibly(CLOSE_MILLIS);
    }
  }

  private Http3Client client(EventLoopGroup group, Map<Origin, Server> servers) {
    long timeoutNanos = (long) (connectTimeoutSeconds * 1e9);
    QuicConfig config = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(timeoutNanos);
    Map<CarrierType, Connector> connectors = new EnumMap<>(CarrierType.class);
    for (CarrierType type : carrier.types()) {
      connectors.put(
          type,
          (remote, serverName, handler) ->
              Connector.over(
                      type,
                      group,
                      config,
                      Objects.requireNonNull(servers.get(new Origin(serverName, remote.getPort())))
                          .tls())
                  .connect(remote, serverName, handler));
    }
    Http3Client client = new Http3Client(group, connectors, Duration.ofNanos(timeoutNanos));
    servers.forEach(
        (origin, server) -> {
          if (server.address() != null) {
            client.prefer(origin, server.address());
          }
        });
    return client;
  }

  /**
   * How to connect to a server.
   *
   * @param address where it was found last time; null: not known
   */
  private record Server(
      TlsClientConfig tls, KeptSessions sessions, @Nullable InetAddress address) {}

  private Map<Origin, Server> servers(List<RequestUrl> parsed) {
    StateDirectory state = StateDirectory.ofUser();
    KeyLog keyLog = KeyLogs.fromEnvironment();
    Map<Origin, Server> servers = new HashMap<>();
    for (RequestUrl url : parsed) {
      servers.computeIfAbsent(
          url.origin(),
          origin -> {
            SessionFiles.Kept kept = sessionFiles().take(origin, trust.key());
            KeptSessions sessions = new KeptSessions(kept.sessions());
            return new Server(
                trust.forServer(origin.host(), state, keyLog, sessions), sessions, kept.address());
          });
    }
    return servers;
  }

  private static SessionFiles sessionFiles() {
    return new SessionFiles(StateDirectory.cacheOfUser());
  }

  /** For the next run. */
  private void keepSessions(Map<Origin, Server> servers, List<Fetch.Connection> connections) {
    Map<Origin, InetAddress> addresses = new HashMap<>();
    for (Fetch.Connection used : connections) {
      ClientConnection connection = used.connection();
      TlsSession session = connection.tlsSession();
      if (session != null && connection.remoteAddress() instanceof InetSocketAddress remote) {
        addresses.put(connection.origin(), remote.getAddress());
      }
      if (session != null && session.resumed()) {
        Objects.requireNonNull(servers.get(connection.origin())).sessions().awaitAny(TICKET_NANOS);
      }
    }
    servers.forEach(
        (origin, server) ->
            sessionFiles()
                .keep(
                    origin,
                    trust.key(),
                    new SessionFiles.Kept(
                        server.sessions().all(),
                        addresses.getOrDefault(origin, server.address()))));
  }

  private int run(List<Download> downloads, Http3Client client, Map<Origin, Server> servers) {
    FetchReport report = new FetchReport(json, System.out);
    Fetch fetch = new Fetch(client, downloads);
    fetch.onOutcome(report::add);
    @Nullable ProgressBar progress =
        showsProgress() ? new ProgressBar(downloads, System.err) : null;
    try {
      fetch.run();
    } finally {
      if (progress != null) {
        progress.close();
      }
    }
    List<Fetch.Connection> connections = fetch.connections();
    report.connections(connections);
    keepSessions(servers, connections);
    client
        .close()
        .toCompletableFuture()
        .completeOnTimeout(null, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
        .join();
    report.printErrors();
    return report.exitCode(downloads);
  }

  private boolean showsProgress() {
    boolean bodyOnScreen = (output == null && !json) || "-".equals(output);
    return Terminal.isStandardError() && !(bodyOnScreen && Terminal.isStandardOutput());
  }

  private @Nullable String priority() {
    if (priority != null && !PRIORITY.matcher(priority).matches()) {
      throw new CommandFailure(
          ExitCode.USAGE, "--priority: '" + priority + "' is not a priority such as u=1,i");
    }
    return priority;
  }

  private static RequestUrl parse(String text) {
    try {
      return RequestUrl.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.MALFORMED_URL, String.valueOf(e.getMessage()));
    }
  }
}
