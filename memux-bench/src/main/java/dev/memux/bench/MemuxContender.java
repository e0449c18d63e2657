package dev.memux.bench;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.PacketCiphers;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.Pem;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** memux's sessions: blocking calls on virtual threads. With HTTP/3 it is memux's gateway. */
final class MemuxContender implements Contender {
  private static final Duration TICKET_LIFETIME = Duration.ofHours(1);

  @Override
  public Set<Workload> workloads() {
    return EnumSet.allOf(Workload.class);
  }

  /** Limits, the same at both ends. */
  static QuicConfig config(Setting setting) {
    QuicConfig config =
        QuicConfig.DEFAULT
            .withMaxDatagramBytes(setting.packetBytes())
            .withMaxIdleTimeoutNanos(TimeUnit.SECONDS.toNanos(Setting.IDLE_TIMEOUT_SECONDS));
    return config.withMux(config.mux().withStreams(Setting.MAX_STREAMS, 10));
  }

  static TlsServerConfig serverTls(Setting setting, String... protocols) throws IOException {
    return TlsServerConfig.builder()
        .credentials(
            TlsCredentials.fromPem(setting.credentials().chain(), setting.credentials().key()))
        .applicationProtocols(protocols)
        .groups(NamedGroup.X25519)
        .ticketKeys(new TicketKeys(TICKET_LIFETIME, InstantSource.system(), new SecureRandom()))
        .build();
  }

  static TlsClientConfig clientTls(Setting setting, String... protocols) throws IOException {
    TlsClientConfig.Builder tls =
        TlsClientConfig.builder()
            .trustedCertificates(Pem.certificates(setting.credentials().root()))
            .applicationProtocols(protocols)
            .groups(NamedGroup.X25519)
            .keyShareGroups(NamedGroup.X25519);
    if (setting.workload() == Workload.RESUMED) {
      tls.sessionCache(new ManySessions(), InstantSource.system());
    }
    return tls.build();
  }

  @Override
  public Contender.Server listen(Setting setting) throws Exception {
    PacketCiphers.settle(); // not while it is measured
    if (setting.workload().isHttp3()) {
      return GatewaySite.start(setting);
    }
    Server server =
        new Server(
            SessionServer.builder()
                .tls(serverTls(setting, Setting.ALPN))
                .config(config(setting))
                .drainTimeout(Duration.ZERO)
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    Thread.startVirtualThread(server::accept);
    return server;
  }

  @Override
  public Load connect(Setting setting, int port) throws Exception {
    if (setting.workload().isHttp3()) {
      return Http3Application.connect(new MemuxStack(), setting, port);
    }
    String ciphers = PacketCiphers.settle();
    SessionClient client =
        SessionClient.builder()
            .tls(clientTls(setting, Setting.ALPN))
            .config(config(setting))
            .drainTimeout(Duration.ZERO)
            .build();
    InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return new BlockingLoad(new Client(client, server, ciphers), setting.workload());
  }

  /** A virtual thread for each session and each stream. */
  private record Server(SessionServer server) implements Contender.Server {
    @Override
    public int port() {
      return server.localAddress().getPort();
    }

    private void accept() {
      try {
        while (true) {
          Session session = server.accept();
          Thread.startVirtualThread(() -> serve(session));
        }
      } catch (IOException e) {
        // closed, as it had to come
      }
    }

    private static void serve(Session session) {
      try {
        while (true) {
          Stream stream = session.accept();
          Thread.startVirtualThread(() -> serve(stream));
        }
      } catch (IOException e) {
        session.close(0, "");
      }
    }

    private static void serve(Stream stream) {
      try (stream) {
        Exchange.serve(stream.inputStream(), stream.outputStream());
      } catch (IOException e) {
        // The client has noticed, and ends the run.
      }
    }

    @Override
    public void close() {
      server.close();
    }
  }

  private record Client(
      SessionClient client, InetSocketAddress server, String ciphers, AtomicLong full)
      implements BlockingClient {
    Client(SessionClient client, InetSocketAddress server, String ciphers) {
      this(client, server, ciphers, new AtomicLong());
    }

    @Override
    public Connection connect() throws IOException {
      Session session = client.connect(server, Credentials.SERVER_NAME);
      if (!session.tls().resumed()) {
        full.incrementAndGet();
      }
      return new SessionConnection(session, ciphers);
    }

    @Override
    public Thread start(Runnable task) {
      return Thread.startVirtualThread(task);
    }

    @Override
    public long fullHandshakes() {
      return full.get();
    }

    @Override
    public void close() {}
  }

  private record SessionConnection(Session session, String ciphers)
      implements BlockingClient.Connection {
    @Override
    public void exchange(long responseBytes) throws IOException {
      try (Stream stream = session.open()) {
        stream.outputStream().write(Exchange.request(responseBytes));
        stream.shutdownOutput();
        InputStream in = stream.inputStream();
        Exchange.readResponse(in, responseBytes);
        if (in.read() >= 0) {
          throw new IOException("more than was asked for");
        }
      }
    }

    @Override
    public String description() {
      return session.tls().suite() + " " + ciphers + ", " + session.io();
    }

    @Override
    public void close() {
      session.close(0, "");
    }
  }
}
