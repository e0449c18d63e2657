package dev.memux.sim.goodput;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.SeededSecureRandom;
import dev.memux.sim.Simulation;
import dev.memux.sim.quic.QuicApplication;
import dev.memux.sim.quic.QuicNode;
import dev.memux.sim.quic.SimulatedIdentity;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A server that sends one endless stream over a link to a client that reads it at once. */
public final class BulkTransfer {
  private static final int SERVER_PORT = 443;
  private static final int CLIENT_PORT = 1000;
  private static final String PROTOCOL = "bulk";
  private static final byte[] ROUTING_KEY = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
  private static final int CHUNK_BYTES = 64 << 10;

  /** What is not measured: the handshake, and slow start or most of it. */
  private static final int FIRST_ROUND_TRIPS = 20;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final GoodputLink link;
  private final Simulation simulation = new Simulation();
  private final Network network;
  private final List<Link> directions;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
  private final QuicConnection receiver;
  private @Nullable QuicConnection sender;
  private long readBytes;

  public BulkTransfer(GoodputLink link, QuicConfig config, long seed) {
    this.link = link;
    Seed root = new Seed(seed);
    network = new Network(simulation, root.split("network"));
    InetSocketAddress serverAddress = Network.address(0, SERVER_PORT);
    InetSocketAddress clientAddress = Network.address(1, CLIENT_PORT);
    QuicNode server =
        new QuicNode(
            "server",
            serverAddress,
            endpoint(config, serverTls(), root.split("server")),
            new Sender());
    QuicNode client =
        new QuicNode(
            "client", clientAddress, endpoint(config, null, root.split("client")), new Receiver());
    network.attach(server, serverAddress);
    network.attach(client, clientAddress);
    directions =
        List.of(
            network.link(serverAddress, clientAddress, link.profile()),
            network.link(clientAddress, serverAddress, link.profile()));
    TlsClientConfig tls =
        TlsClientConfig.builder().applicationProtocols(PROTOCOL).insecureTrustAny().build();
    receiver =
        client.connect(tls, SimulatedIdentity.SERVER_NAME, serverAddress, simulation.nowNanos());
    network.wake(client);
  }

  private static QuicEndpoint endpoint(
      QuicConfig config, @Nullable TlsServerConfig tls, Seed part) {
    return new QuicEndpoint(config, tls, 0, ROUTING_KEY, new SeededSecureRandom(part));
  }

  private static TlsServerConfig serverTls() {
    return TlsServerConfig.builder()
        .credentials(
            new TlsCredentials(List.of(SimulatedIdentity.certificate()), SimulatedIdentity.key()))
        .applicationProtocols(PROTOCOL)
        .build();
  }

  /**
   * Measures the goodput after the first 20 round trips; once only.
   *
   * @param seconds of virtual time
   */
  public Goodput run(int seconds) {
    simulation.runUntil(FIRST_ROUND_TRIPS * link.rttNanos());
    long before = readBytes;
    simulation.runUntil(FIRST_ROUND_TRIPS * link.rttNanos() + seconds * NANOS_PER_SECOND);
    ConnectionStatistics statistics = statistics();
    double bitsPerSecond = (readBytes - before) * 8.0 / seconds;
    return new Goodput(
        link,
        bitsPerSecond,
        link.capacityBitsPerSecond(statistics.packetBytes()),
        statistics,
        receiver.statistics());
  }

  /** Goes on until so much time has passed since the beginning. */
  void runUntil(long elapsedNanos) {
    simulation.runUntil(elapsedNanos);
  }

  /** What either direction is from now on. */
  void reshape(UnaryOperator<LinkProfile.Builder> change) {
    for (Link direction : directions) {
      direction.profile(change.apply(direction.profile().toBuilder()).build());
    }
  }

  /** What the receiver has read so far. */
  long readBytes() {
    return readBytes;
  }

  /** Of the sender. */
  ConnectionStatistics statistics() {
    if (sender == null) {
      throw new IllegalStateException("no connection within " + FIRST_ROUND_TRIPS + " round trips");
    }
    return sender.statistics();
  }

  private static void requireOpen(ConnectionEvent event) {
    if (event instanceof ConnectionEvent.Closed closed) {
      throw new IllegalStateException("the connection has ended: " + closed.reason());
    }
  }

  private final class Sender implements QuicApplication {
    @Override
    public void onEvent(QuicConnection connection, ConnectionEvent event, long nowNanos) {
      requireOpen(event);
      if (event instanceof ConnectionEvent.HandshakeCompleted) {
        sender = connection;
        MuxStream stream =
            connection.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
        if (stream == null) {
          throw new IllegalStateException("the client takes no stream");
        }
        fill(stream);
      }
    }

    @Override
    public void onStream(QuicConnection connection, MuxStream stream, int events, long nowNanos) {
      fill(stream);
    }

    private void fill(MuxStream stream) {
      do {
        chunk.clear();
      } while (stream.write(chunk) == CHUNK_BYTES);
    }
  }

  private final class Receiver implements QuicApplication {
    @Override
    public void onEvent(QuicConnection connection, ConnectionEvent event, long nowNanos) {
      requireOpen(event);
    }

    @Override
    public void onStream(QuicConnection connection, MuxStream stream, int events, long nowNanos) {
      int read;
      do {
        chunk.clear();
        read = stream.read(chunk);
        readBytes += Math.max(read, 0);
      } while (read > 0);
    }
  }
}
