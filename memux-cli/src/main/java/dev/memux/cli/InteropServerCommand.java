package dev.memux.cli;

import dev.memux.cli.http09.Http09Server;
import dev.memux.engine.quic.AddressValidationPolicy;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.CacheLimits;
import dev.memux.gateway.FileSite;
import dev.memux.gateway.ListenAddress;
import dev.memux.http.Http3Service;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.KeyLog;
import dev.memux.tls.PemException;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code memux interop server}: serves files until it is told to stop. */
@Command(
    name = "server",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Serve files as the QUIC interop runner asks, until Ctrl-C.", ""})
final class InteropServerCommand implements Callable<Integer> {
  /** Longer than a test takes. */
  private static final Duration TICKET_LIFETIME = Duration.ofHours(1);

  private static final byte[] NO_SETTINGS = {};
  private static final long CLOSE_MILLIS = 1_000;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = ":443",
      description = "Where to listen (default: port 443 of every address).")
  private String listen = "";

  @Option(
      names = "--www",
      paramLabel = "FOLDER",
      defaultValue = "/www",
      description = "What is served (default: ${DEFAULT-VALUE}).")
  private Path root = Path.of("");

  @Option(
      names = "--certs",
      paramLabel = "FOLDER",
      defaultValue = "/certs",
      description = "Holds cert.pem and priv.key (default: ${DEFAULT-VALUE}).")
  private Path certificates = Path.of("");

  @Mixin private InteropOptions options = new InteropOptions();

  @Override
  public Integer call() throws InterruptedException {
    Diagnostics.configure(options.verbose());
    InteropCase testCase = options.testCase();
    CountDownLatch stop = new CountDownLatch(1);
    Signals.onStop(stop::countDown);
    ExecutorService files = Executors.newVirtualThreadPerTaskExecutor();
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(0);
    try {
      QuicServer server = listen(testCase, group, files);
      InetSocketAddress at = server.localAddress();
      System.out.println(
          "ready: " + new ListenAddress(at.getAddress().getHostAddress(), at.getPort()));
      System.out.flush();
      stop.await();
      server.close().awaitUninterruptibly(CLOSE_MILLIS);
    } finally {
      group
          .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
          .awaitUninterruptibly(CLOSE_MILLIS);
      files.shutdown();
    }
    return ExitCode.OK;
  }

  private QuicServer listen(InteropCase testCase, EventLoopGroup group, ExecutorService files) {
    try {
      String protocol = options.applicationProtocol(testCase);
      boolean http3 = protocol.equals(Http3Service.ALPN);
      QuicServerBootstrap bootstrap =
          new QuicServerBootstrap()
              .group(group)
              .config(config(testCase, http3))
              .tls(tls(testCase, protocol));
      if (http3) {
        bootstrap.childHandler(
            new Http3Service(new FileSite(root, CacheLimits.DEFAULT, files)).initializer());
      } else {
        bootstrap.streamHandler(Http09Server.streams(root));
      }
      return await(bootstrap.bind(local()));
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()));
    }
  }

  private static QuicServer await(Future<QuicServer> binding) throws IOException {
    Future<QuicServer> bound = binding.awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen: " + bound.cause().getMessage(), bound.cause());
    }
    return bound.getNow();
  }

  private InetSocketAddress local() throws IOException {
    try {
      ListenAddress address = ListenAddress.parse(listen);
      return new InetSocketAddress(InetAddress.getByName(address.host()), address.port());
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--listen " + e.getMessage());
    }
  }

  private static QuicConfig config(InteropCase testCase, boolean http3) {
    QuicConfig config =
        InteropOptions.config()
            .withAddressValidation(
                testCase == InteropCase.RETRY
                    ? AddressValidationPolicy.ALWAYS
                    : AddressValidationPolicy.NEVER);
    return config.withMux(config.mux().withStreamPriority(!http3));
  }

  private TlsServerConfig tls(InteropCase testCase, String protocol) {
    InstantSource clock = InstantSource.system();
    TlsServerConfig.Builder tls =
        TlsServerConfig.builder()
            .applicationProtocols(protocol)
            .cipherSuites(InteropOptions.cipherSuites(testCase))
            .credentials(credentials())
            .ticketKeys(new TicketKeys(TICKET_LIFETIME, clock, new SecureRandom()))
            .earlyData(
                new StrikeRegister(
                    StrikeRegister.DEFAULT_WINDOW, StrikeRegister.DEFAULT_MAX_ENTRIES, clock),
                protocol.equals(Http3Service.ALPN)
                    ? Http3Service.rememberedSettings()
                    : NO_SETTINGS);
    KeyLog keyLog = KeyLogs.fromEnvironment();
    if (keyLog != null) {
      tls.keyLog(keyLog);
    }
    return tls.build();
  }

  private TlsCredentials credentials() {
    try {
      return TlsCredentials.fromPem(
          certificates.resolve("cert.pem"), certificates.resolve("priv.key"));
    } catch (PemException | IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.FAILURE, "--certs: " + e.getMessage());
    }
  }
}
