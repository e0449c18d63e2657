package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.gateway.StateDirectory;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpException;
import dev.memux.http.Origin;
import dev.memux.http.RequestUrl;
import dev.memux.http.TunnelClient;
import dev.memux.http.TunnelPriority;
import dev.memux.netty.IoTransport;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux tunnel}: ports of this machine that lead through a gateway. */
@Command(
    name = "tunnel",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Lead ports of this machine through a gateway, all over one connection.", ""},
    description = {
      "",
      "Each connection to a port becomes a stream of the one connection to the gateway, which"
          + " connects it to its target (HTTP/3 CONNECT, RFC 9114; any such proxy will do). Streams"
          + " do not wait for each other's lost packets, and the more urgent go first.",
      "",
      "A gateway of memux must allow the target: see --connect-allow and --connect-target of"
          + " 'memux gateway'. A lost connection to the gateway is replaced for new connections;"
          + " those that it carried are reset.",
      "",
      "Ctrl-C takes no new connections and lets the others finish; a second one does not wait.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:it was told to stop",
      " 1:a port cannot be listened on",
      " 2:the command line is wrong",
      " 6:the gateway could not be resolved",
      " 7:no connection to the gateway",
      "28:the gateway did not answer in time",
      "35:the TLS handshake failed",
      "60:the gateway's certificate is not trusted",
    },
    footer = {
      "",
      "For example:",
      "  memux tunnel -L 5432=db:5432 --via https://gateway.example",
      "  memux tunnel -L '6379=redis:6379;u=1' -L '8730=files:873;u=6' --via https://gateway:8443"
    })
final class TunnelCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final long CLOSE_MILLIS = 1_000;

  /** Often enough that no idle timeout or NAT ends a connection whose tunnels are all quiet. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  @Option(
      names = {"-L", "--listen"},
      required = true,
      paramLabel = "[BIND:]PORT=HOST:PORT[;PRIORITY]",
      description =
          "Listen on a port (of the loopback address, or of BIND; * is every address) and lead its"
              + " connections to HOST:PORT, by that name at the gateway. A PRIORITY overrides"
              + " --priority. May be given several times.")
  private List<String> forwards = List.of();

  @Option(
      names = "--via",
      required = true,
      paramLabel = "URL",
      description = "The gateway: https://HOST[:PORT]")
  private String via = "";

  @Mixin private CarrierOption carrier = new CarrierOption();

  @Mixin private TrustOptions trust = new TrustOptions();

  @Option(
      names = "--priority",
      paramLabel = "PRIORITY",
      defaultValue = "u=3",
      description =
          "How important connections are, as RFC 9218 writes it: u=0 is the most urgent, u=7 the"
              + " least; equals share, with i=?0 one after the other (default: ${DEFAULT-VALUE}).")
  private String priority = "";

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long connecting to the gateway may take (default: ${DEFAULT-VALUE}).")
  private double connectTimeoutSeconds;

  @Option(
      names = "--drain-timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long connections may go on after Ctrl-C (default: ${DEFAULT-VALUE}).")
  private double drainTimeoutSeconds;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens to standard error.")
  private boolean verbose;

  @Override
  public Integer call() throws InterruptedException {
    Diagnostics.configure(verbose);
    List<PortForward> parsed = forwards.stream().map(TunnelCommand::forward).toList();
    Priority common = priority(priority);
    Origin gateway = gateway(via);
    requireSeconds("--connect-timeout", connectTimeoutSeconds, Double.MIN_VALUE);
    requireSeconds("--drain-timeout", drainTimeoutSeconds, 0);
    CountDownLatch stop = new CountDownLatch(1);
    AtomicInteger signals = new AtomicInteger();
    Signals.onStop(
        () -> {
          if (signals.incrementAndGet() > 1) {
            Runtime.getRuntime().halt(INTERRUPTED);
          }
          stop.countDown();
        });
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1); // one connection has one
    Http3Client http = client(group, gateway);
    List<TunnelListener> listeners = new ArrayList<>();
    try {
      connect(http, gateway);
      TunnelClient client = new TunnelClient(http, gateway);
      for (PortForward forward : parsed) {
        Priority own = forward.priority() == null ? common : forward.priority();
        listeners.add(listen(forward, client, own));
      }
      for (TunnelListener listener : listeners) {
        System.out.printf(
            "%s leads to %s through %s%n",
            Origin.of(listener.address()), listener.forward().target(), gateway);
      }
      System.out.println("ready (Ctrl-C to stop)");
      System.out.flush();
      stop.await();
      drain(listeners);
    } finally {
      listeners.forEach(TunnelListener::close);
      http.close()
          .toCompletableFuture()
          .completeOnTimeout(null, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
          .join();
      group
          .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
          .awaitUninterruptibly(CLOSE_MILLIS);
    }
    return ExitCode.OK;
  }

  private Http3Client client(EventLoopGroup group, Origin gateway) {
    long timeoutNanos = (long) (connectTimeoutSeconds * 1e9);
    QuicConfig config =
        QuicConfig.DEFAULT
            .withHandshakeTimeoutNanos(timeoutNanos)
            .withKeepAliveNanos(KEEP_ALIVE.toNanos());
    TlsClientConfig tls =
        trust.forServer(
            gateway.host(), Http3Service.ALPN, StateDirectory.ofUser(), KeyLogs.fromEnvironment());
    return new Http3Client(
        group, Connector.over(carrier.types(), group, config, tls), Duration.ofNanos(timeoutNanos));
  }

  /** Whoever made a mistake in the command is told at once, not with the first connection. */
  private static void connect(Http3Client client, Origin gateway) {
    try {
      client.connection(gateway).toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof HttpException known) {
        throw new CommandFailure(ExitCode.of(known), String.valueOf(known.getMessage()));
      }
      throw e;
    }
  }

  private static TunnelListener listen(PortForward forward, TunnelClient client, Priority own) {
    try {
      return TunnelListener.open(forward, client, own, Diagnostics::error);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILURE, "cannot listen on " + forward.listen() + ": " + e.getMessage());
    }
  }

  private void drain(List<TunnelListener> listeners) throws InterruptedException {
    for (TunnelListener listener : listeners) {
      listener.stop();
    }
    if (listeners.stream().anyMatch(listener -> listener.connections() > 0)) {
      System.out.println("finishing what is under way (Ctrl-C again: stop at once)");
      System.out.flush();
    }
    long endNanos = System.nanoTime() + (long) (drainTimeoutSeconds * 1e9);
    for (TunnelListener listener : listeners) {
      listener.awaitEnd(Math.max(0, endNanos - System.nanoTime()));
    }
  }

  private static PortForward forward(String text) {
    try {
      return PortForward.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "-L " + e.getMessage());
    }
  }

  private static Priority priority(String text) {
    try {
      return TunnelPriority.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--priority: " + e.getMessage());
    }
  }

  private static Origin gateway(String text) {
    try {
      RequestUrl url = RequestUrl.parse(text);
      if (!url.path().equals("/")) {
        throw new CommandFailure(ExitCode.MALFORMED_URL, text + ": a gateway has no path");
      }
      return url.origin();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.MALFORMED_URL, "--via " + e.getMessage());
    }
  }

  private static void requireSeconds(String option, double seconds, double least) {
    if (!(seconds >= least && seconds <= 86_400)) {
      throw new CommandFailure(ExitCode.USAGE, option + " must be up to 86400 seconds");
    }
  }
}
