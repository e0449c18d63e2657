package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.ListenAddress;
import dev.memux.gateway.StateDirectory;
import dev.memux.netty.CarrierType;
import dev.memux.netty.PacketCiphers;
import dev.memux.session.SessionServer;
import dev.memux.tls.KeyLog;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux perf server}: does what clients ask until it is told to stop. */
@Command(
    name = "server",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Do what 'memux perf client' asks for, until Ctrl-C.", ""},
    description = {
      "",
      "Clients come by QUIC or, with --carrier tcp, by TCP to the same port.",
      "",
      "It has the development certificate, which clients of the same user trust. Anyone who reaches"
          + " it can keep it busy: listen where only those who measure are.",
      ""
    })
final class PerfServerCommand implements Callable<Integer> {
  /** Whoever measures opens as many as the workload says. */
  private static final int MAX_STREAMS = 100_000;

  /** Longer than anyone measures. */
  private static final Duration TICKET_LIFETIME = Duration.ofHours(1);

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:4433",
      description = "Where to listen (default: ${DEFAULT-VALUE}).")
  private String listen = "";

  @Mixin private PacketOptions packets = new PacketOptions();

  @Mixin private CongestionOption congestion = new CongestionOption();

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  @Override
  public Integer call() throws InterruptedException {
    Diagnostics.configure(verbose);
    PacketCiphers.settle(); // not while somebody measures
    CountDownLatch stop = new CountDownLatch(1);
    Signals.onStop(stop::countDown);
    try (PerfServer server = PerfServer.start(listen())) {
      InetSocketAddress at = server.localAddress();
      System.out.println(
          "ready: " + new ListenAddress(at.getAddress().getHostAddress(), at.getPort()));
      System.out.flush();
      stop.await();
    }
    return ExitCode.OK;
  }

  private SessionServer listen() {
    QuicConfig config = packets.apply(QuicConfig.DEFAULT).withCongestion(congestion.control());
    TlsServerConfig.Builder tls =
        TlsServerConfig.builder()
            .applicationProtocols(PerfProtocol.ALPN)
            .ticketKeys(
                new TicketKeys(TICKET_LIFETIME, InstantSource.system(), new SecureRandom()));
    KeyLog keyLog = KeyLogs.fromEnvironment();
    if (keyLog != null) {
      tls.keyLog(keyLog);
    }
    try {
      ListenAddress address = ListenAddress.parse(listen);
      InetSocketAddress local =
          new InetSocketAddress(InetAddress.getByName(address.host()), address.port());
      tls.credentials(
          DevelopmentCertificate.loadOrCreate(StateDirectory.ofUser(), Clock.systemUTC()));
      return SessionServer.builder()
          .carriers(CarrierType.QUIC, CarrierType.TCP)
          .tls(tls.build())
          .config(config.withMux(config.mux().withStreams(MAX_STREAMS, 0)))
          .drainTimeout(Duration.ZERO)
          .listen(local);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--listen " + e.getMessage());
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()));
    }
  }
}
