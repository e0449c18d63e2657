package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.ListenAddress;
import dev.memux.gateway.StateDirectory;
import dev.memux.netty.CarrierType;
import dev.memux.netty.MuxException;
import dev.memux.netty.PacketCiphers;
import dev.memux.session.SessionClient;
import dev.memux.tls.TlsClientConfig;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux perf client}: measures against a {@code memux perf server}. */
@Command(
    name = "client",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Measure streams against a 'memux perf server'.", ""},
    description = {
      "",
      "Workloads:",
      "  bulk        one stream of --bytes",
      "  streams     --streams at once, which share --bytes",
      "  requests    --requests small exchanges on one connection, each on a stream of its own,"
          + " --concurrency at once",
      "  handshakes  --requests connections with full handshakes, --concurrency at once",
      "  resumptions --requests connections that resume a session, --concurrency at once",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:all went well",
      " 2:the command line is wrong",
      " 6:the host could not be resolved",
      " 7:no connection to the server",
      "28:a time limit was reached",
      "35:the TLS handshake failed",
      "56:a stream broke off, or what arrived is not what was sent",
      "60:the certificate is not trusted",
      "77:the file of --cacert cannot be read"
    })
final class PerfClientCommand implements Callable<Integer> {
  private static final long CLOSE_SECONDS = 5;

  /** The session that asks for figures has nothing to say while others shake hands. */
  private static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(10);

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:4433",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private String connect = "";

  @Option(
      names = "--workload",
      required = true,
      description = "One of bulk, streams, requests, handshakes, resumptions.")
  private PerfPlan.Workload workload = PerfPlan.Workload.BULK;

  @Option(
      names = "--direction",
      defaultValue = "download",
      description = "bulk, streams: download or upload (default: ${DEFAULT-VALUE}).")
  private PerfPlan.Direction direction = PerfPlan.Direction.DOWNLOAD;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      defaultValue = "1000000000",
      description = "bulk, streams: how much is sent (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Option(
      names = "--streams",
      paramLabel = "N",
      defaultValue = "100",
      description = "streams: how many (default: ${DEFAULT-VALUE}).")
  private int streams;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "10000",
      description = "requests, handshakes, resumptions: how many (default: ${DEFAULT-VALUE}).")
  private long requests;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "32",
      description = "The same: how many at once (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Option(
      names = "--request-bytes",
      paramLabel = "N",
      defaultValue = "64",
      description = "requests: size of a request, 9 or more (default: ${DEFAULT-VALUE}).")
  private int requestBytes;

  @Option(
      names = "--response-bytes",
      paramLabel = "N",
      defaultValue = "1024",
      description = "requests: size of a response (default: ${DEFAULT-VALUE}).")
  private int responseBytes;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Bytes (bulk, streams) or requests and handshakes that go before what is measured"
              + " (default: ${DEFAULT-VALUE}).")
  private long warmup;

  @Mixin private CarrierOption carrier = new CarrierOption();

  @Mixin private PacketOptions packets = new PacketOptions();

  @Mixin private CongestionOption congestion = new CongestionOption();

  @Mixin private TrustOptions trust = new TrustOptions();

  @Option(names = "--json", description = "Print a JSON object on one line.")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  @Override
  public Integer call() throws InterruptedException {
    Diagnostics.configure(verbose);
    require(bytes >= 1, "--bytes must be at least 1");
    require(streams >= 1, "--streams must be at least 1");
    require(requests >= 1, "--requests must be at least 1");
    require(concurrency >= 1, "--concurrency must be at least 1");
    require(requestBytes >= PerfProtocol.HEADER_BYTES, "--request-bytes must be at least 9");
    require(responseBytes >= 0, "--response-bytes must not be negative");
    require(warmup >= 0, "--warmup must not be negative");
    require(
        workload != PerfPlan.Workload.RESUMPTIONS
            || carrier.types().equals(Set.of(CarrierType.QUIC)),
        "--workload resumptions needs QUIC");
    ListenAddress server = address();
    String ciphers = PacketCiphers.settle();
    PerfPlan plan =
        new PerfPlan(
            workload,
            direction,
            bytes,
            streams,
            requests,
            concurrency,
            warmup,
            requestBytes,
            responseBytes);
    SessionClient client =
        SessionClient.builder()
            .tls(tls(server.host()))
            .carriers(carrier.types())
            .config(
                packets
                    .apply(QuicConfig.DEFAULT)
                    .withCongestion(congestion.control())
                    .withKeepAliveNanos(KEEP_ALIVE_NANOS))
            .drainTimeout(Duration.ofSeconds(CLOSE_SECONDS))
            .build();
    PerfResult result =
        measure(new PerfClient(client, server.host(), server.port(), plan, ciphers), server);
    if (json) {
      System.out.println(result.json());
    } else {
      System.out.print(result.table());
    }
    return ExitCode.OK;
  }

  private TlsClientConfig tls(String serverName) {
    return workload == PerfPlan.Workload.RESUMPTIONS
        ? trust.forServer(
            serverName,
            PerfProtocol.ALPN,
            StateDirectory.ofUser(),
            KeyLogs.fromEnvironment(),
            new RepeatedSession())
        : trust.forServer(
            serverName, PerfProtocol.ALPN, StateDirectory.ofUser(), KeyLogs.fromEnvironment());
  }

  private ListenAddress address() {
    try {
      return ListenAddress.parse(connect);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--connect " + e.getMessage());
    }
  }

  private static PerfResult measure(PerfClient client, ListenAddress server) {
    try {
      return client.run();
    } catch (UnknownHostException e) {
      throw new CommandFailure(ExitCode.UNRESOLVED, "could not resolve " + server.host());
    } catch (IOException e) {
      throw new CommandFailure(exitCode(e), server + ": " + e.getMessage());
    }
  }

  private static int exitCode(IOException failure) {
    return failure instanceof MuxException known ? ExitCode.of(known) : ExitCode.RECEIVE_ERROR;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new CommandFailure(ExitCode.USAGE, message);
    }
  }
}
