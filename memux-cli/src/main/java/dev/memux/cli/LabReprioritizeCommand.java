package dev.memux.cli;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import dev.memux.lab.LinkEmulator;
import dev.memux.lab.NetworkNamespace;
import dev.memux.netty.IoTransport;
import dev.memux.sim.LinkProfile;
import dev.memux.tls.TlsCredentials;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux lab reprioritize}: how soon a changed priority can be seen. */
@Command(
    name = "reprioritize",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Measure how soon a response that has become more urgent arrives.", ""},
    description = {
      "",
      "Two endless responses fill an emulated link; again and again the client raises the one that"
          + " waits (RFC 9218, PRIORITY_UPDATE) and takes the time until its next byte. A line for"
          + " each time: what it took, what was queued before the bottleneck when the server heard"
          + " of it, and a round trip + that queue + two packets (over TCP, + TCP_NOTSENT_LOWAT + a"
          + " record), which is all that it may take where what goes next is decided late. Then the"
          + " packets that the link dropped meanwhile, for which everything waits over TCP, and"
          + " what this machine added at worst, being busy.",
      ""
    },
    footer = {
      "",
      "For example:",
      "  memux lab reprioritize --rate 1Mbit --delay 50ms",
    })
final class LabReprioritizeCommand implements Callable<Integer> {
  private static final long STOP_SECONDS = 5;

  // Linux's own.
  private static final long LEAST_RECEIVE_BUFFER_BYTES = 4_096;
  private static final long FIRST_RECEIVE_BUFFER_BYTES = 131_072;

  @Mixin private LinkOptions link = new LinkOptions();

  @Option(
      names = "--rounds",
      paramLabel = "NUMBER",
      defaultValue = "5",
      description = "How often each carrier is asked (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--window",
      paramLabel = "SIZE",
      defaultValue = "6MB",
      description =
          "How large TCP's receive buffer at the client may become; below the queue's size, nothing"
              + " is ever dropped there (default: ${DEFAULT-VALUE}).")
  private String window = "";

  @Override
  public Integer call() throws Exception {
    LinkProfile down = link.down();
    if (down.rateBitsPerSecond() == 0) {
      throw new CommandFailure(ExitCode.USAGE, "--rate is needed: without one nothing waits");
    }
    System.out.printf(
        Locale.ROOT,
        "%-22s %10s %10s %10s %10s %5s %10s%n",
        "",
        "took ms",
        "heard ms",
        "queued ms",
        "at most ms",
        "lost",
        "late ms");
    for (ReprioritizationCarrier carrier : ReprioritizationCarrier.values()) {
      for (Reprioritization.Round round : measure(carrier, link, windowBytes(), rounds)) {
        System.out.printf(
            Locale.ROOT,
            "%-22s %10.1f %10.1f %10.1f %10.1f %5d %10.1f%s%n",
            carrier.title(),
            round.tookNanos() / 1e6,
            round.heardNanos() / 1e6,
            round.backlogNanos() / 1e6,
            round.boundNanos() / 1e6,
            round.lostPackets(),
            round.latenessNanos() / 1e6,
            round.tookNanos() <= round.boundNanos() ? "" : " exceeded");
      }
    }
    return ExitCode.OK;
  }

  private long windowBytes() {
    try {
      return Quantity.bytes(window);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--window: " + e.getMessage());
    }
  }

  /** Runs one carrier over a link of its own. */
  static List<Reprioritization.Round> measure(
      ReprioritizationCarrier carrier, LinkOptions options, long windowBytes, int rounds)
      throws Exception {
    TlsCredentials identity =
        DevelopmentCertificate.loadOrCreate(StateDirectory.ofUser(), Clock.systemUTC());
    try (NetworkNamespace near = NetworkNamespace.create();
        NetworkNamespace far = NetworkNamespace.create();
        LinkEmulator emulator =
            LinkEmulator.join(near, far, options.up(), options.down(), options.seed())) {
      near.call(() -> limitReceiveBuffers(windowBytes));
      EventLoopGroup server = IoTransport.preferred().newEventLoopGroup(1, far.threadFactory());
      EventLoopGroup client = IoTransport.preferred().newEventLoopGroup(1, near.threadFactory());
      Reprioritization experiment =
          new Reprioritization(
              emulator,
              options.up(),
              options.down(),
              carrier.heldBelowBytes(options.down().rateBitsPerSecond()),
              List.of(new Punctuality(client), new Punctuality(server)));
      try {
        InetSocketAddress at =
            far.call(
                () -> carrier.serve(server, identity, new EndlessAnswer(experiment::onUrgency)));
        try (RivalResponses responses = near.call(() -> carrier.connect(client, at))) {
          return experiment.run(responses, rounds);
        }
      } finally {
        client.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
        server.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).sync();
      }
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, "no experiment: " + e.getMessage());
    }
  }

  /** In the calling thread's namespace; least, first and largest ({@code tcp(7)}). */
  private static Path limitReceiveBuffers(long bytes) throws IOException {
    String first = " " + Math.min(bytes, FIRST_RECEIVE_BUFFER_BYTES) + " ";
    return Files.writeString(
        Path.of("/proc/sys/net/ipv4/tcp_rmem"), LEAST_RECEIVE_BUFFER_BYTES + first + bytes);
  }
}
