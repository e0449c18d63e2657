package dev.memux.sim.goodput;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.SeededSecureRandom;
import dev.memux.sim.quic.QuicApplication;
import dev.memux.sim.quic.QuicNode;
import dev.memux.sim.quic.SimulatedIdentity;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server that sends one endless stream to a client that reads it at once, over whatever links are
 * laid between their addresses.
 */
final class BulkFlow {
  private static final String PROTOCOL = "bulk";
  private static final byte[] ROUTING_KEY = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
  private static final int CHUNK_BYTES = 64 << 10;

  private final Network network;
  private final InetSocketAddress serverAddress;
  private final QuicNode client;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
  private @Nullable QuicConnection receiver;
  private @Nullable QuicConnection sender;
  private long readBytes;

  BulkFlow(
      Network network,
      InetSocketAddress serverAddress,
      InetSocketAddress clientAddress,
      QuicConfig config,
      Seed seed) {
    this.network = network;
    this.serverAddress = serverAddress;
    QuicNode server =
        new QuicNode(
            "server",
            serverAddress,
            endpoint(config, serverTls(), seed.split("server")),
            new Sender());
    client =
        new QuicNode(
            "client", clientAddress, endpoint(config, null, seed.split("client")), new Receiver());
    network.attach(server, serverAddress);
    network.attach(client, clientAddress);
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

  /** Begins, now. */
  void connect() {
    TlsClientConfig tls =
        TlsClientConfig.builder().applicationProtocols(PROTOCOL).insecureTrustAny().build();
    receiver =
        client.connect(
            tls, SimulatedIdentity.SERVER_NAME, serverAddress, network.simulation().nowNanos());
    network.wake(client);
  }

  /** What the receiver has read so far. */
  long readBytes() {
    return readBytes;
  }

  ConnectionStatistics senderStatistics() {
    return statistics(sender);
  }

  ConnectionStatistics receiverStatistics() {
    return statistics(receiver);
  }

  private static ConnectionStatistics statistics(@Nullable QuicConnection connection) {
    if (connection == null) {
      throw new IllegalStateException("no connection yet");
    }
    return connection.statistics();
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
