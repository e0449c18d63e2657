package dev.memux.bench;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;
import tech.kwik.core.log.NullLogger;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;

/** Kwik, QUIC in Java alone; its calls block, on platform threads. */
final class KwikContender implements Contender {
  /** Of what others transfer; at a tenth of a gigabit in a second the rest would take minutes. */
  private static final int SHARE = 40;

  private static final long WINDOW_BYTES = 16 << 20;
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(Setting.IDLE_TIMEOUT_SECONDS);

  @Override
  public Set<Workload> workloads() {
    return EnumSet.of(Workload.BULK, Workload.REQUESTS, Workload.HANDSHAKES);
  }

  @Override
  public long bytes(long usual) {
    return usual / SHARE;
  }

  @Override
  public Contender.Server listen(Setting setting) throws Exception {
    DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    ServerConnector connector =
        ServerConnector.builder()
            .withSocket(socket)
            .withKeyStore(
                setting.credentials().keyStore(),
                Credentials.SERVER_NAME,
                Credentials.PASSWORD.toCharArray())
            .withConfiguration(
                ServerConnectionConfig.builder()
                    .maxIdleTimeout((int) IDLE_TIMEOUT.toMillis())
                    .maxConnectionBufferSize(WINDOW_BYTES)
                    .maxBidirectionalStreamBufferSize(WINDOW_BYTES)
                    .maxOpenPeerInitiatedBidirectionalStreams(Setting.MAX_STREAMS)
                    .retryRequired(ServerConnectionConfig.RetryRequired.Never)
                    .build())
            .withLogger(new NullLogger())
            .build();
    connector.registerApplicationProtocol(Setting.ALPN, new Answers());
    connector.start();
    return new Server(connector, socket);
  }

  @Override
  public Load connect(Setting setting, int port) throws IOException, GeneralSecurityException {
    return new BlockingLoad(
        new Client(CountingTrust.in(setting.credentials().root()), port), setting.workload());
  }

  private record Server(ServerConnector connector, DatagramSocket socket)
      implements Contender.Server {
    @Override
    public int port() {
      return socket.getLocalPort();
    }

    @Override
    public void close() {
      connector.close();
      socket.close();
    }
  }

  /** A thread for each stream. */
  private static final class Answers implements ApplicationProtocolConnectionFactory {
    @Override
    public ApplicationProtocolConnection createConnection(
        String protocol, QuicConnection connection) {
      return new ApplicationProtocolConnection() {
        @Override
        public void acceptPeerInitiatedStream(QuicStream stream) {
          Thread.ofPlatform().daemon().start(() -> serve(stream));
        }
      };
    }

    @Override
    public int maxConcurrentPeerInitiatedBidirectionalStreams() {
      return Setting.MAX_STREAMS;
    }

    private static void serve(QuicStream stream) {
      try (var out = stream.getOutputStream()) {
        Exchange.serve(stream.getInputStream(), out);
      } catch (IOException e) {
        // The client has noticed, and ends the run.
      }
    }
  }

  private record Client(CountingTrust trust, int port) implements BlockingClient {
    @Override
    public Connection connect() throws IOException {
      QuicClientConnection connection =
          QuicClientConnection.newBuilder()
              .host(Credentials.SERVER_NAME)
              .port(port)
              .preferIPv4()
              .applicationProtocol(Setting.ALPN)
              .customTrustManager(trust)
              .maxIdleTimeout(IDLE_TIMEOUT)
              .defaultStreamReceiveBufferSize(WINDOW_BYTES)
              .logger(new NullLogger())
              .build();
      connection.connect();
      return new KwikConnection(connection);
    }

    @Override
    public Thread start(Runnable task) {
      return Thread.ofPlatform().daemon().start(task);
    }

    @Override
    public long fullHandshakes() {
      return trust.checks();
    }

    @Override
    public void close() {}
  }

  private record KwikConnection(QuicClientConnection connection)
      implements BlockingClient.Connection {
    @Override
    public void exchange(long responseBytes) throws IOException {
      QuicStream stream = connection.createStream(true);
      try (var out = stream.getOutputStream()) {
        out.write(Exchange.request(responseBytes));
      }
      Exchange.readResponse(stream.getInputStream(), responseBytes);
    }

    @Override
    public String description() {
      return "TLS_AES_128_GCM_SHA256, DatagramSocket";
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
