package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.TlsClientConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client that begins a handshake and says no more makes a server keep (RFC 9000 §21.3). */
class HalfOpenMemoryTest {
  private static final int CONNECTIONS = 300;

  /** The server's flight, keys for three directions, a transcript; and room for other JDKs. */
  private static final long MOST_ANSWERED_BYTES = 30 * 1024;

  /** The same without keys, but with the part of the ClientHello that came. */
  private static final long MOST_UNANSWERED_BYTES = 20 * 1024;

  private final QuicConfig config =
      QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.NEVER);

  @Test
  void anAnsweredHandshakeIsCheap() {
    long bytes = bytesPerConnection(ConnectedPair.clientTls("test"), Integer.MAX_VALUE);
    assertTrue(bytes < MOST_ANSWERED_BYTES, bytes + " bytes");
  }

  @Test
  void aHandshakeWhoseClientHelloNeverBecomesWholeIsCheaper() {
    long bytes = bytesPerConnection(ConnectedPair.clientTls("test"), 1);
    assertTrue(bytes < MOST_UNANSWERED_BYTES, bytes + " bytes");
  }

  private long bytesPerConnection(TlsClientConfig tls, int datagrams) {
    List<List<byte[]>> flights = new ArrayList<>();
    ConnectedPair clients = new ConnectedPair();
    SendBatch batch = new SendBatch();
    for (int i = 0; i < CONNECTIONS; i++) {
      QuicConnection client =
          clients.clientEndpoint.connect(
              tls, "localhost", ConnectedPair.SERVER_ADDRESS, clients.now);
      List<byte[]> flight = new ArrayList<>();
      while (client.transmit(batch, clients.now)) {
        for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
          int end = Math.min(batch.length(), at + batch.segmentBytes());
          flight.add(Arrays.copyOfRange(batch.buffer(), at, end));
        }
      }
      flights.add(flight);
      clients.clientEndpoint.forget(client);
    }
    ConnectedPair server = new ConnectedPair(QuicConfig.DEFAULT, config);
    receive(server, flights.getFirst(), datagrams, batch); // classes are loaded, tables are made
    long before = heapAfterCollection();
    for (List<byte[]> flight : flights.subList(1, CONNECTIONS)) {
      receive(server, flight, datagrams, batch);
    }
    long bytes = (heapAfterCollection() - before) / (CONNECTIONS - 1);
    assertEquals(CONNECTIONS, server.serverEndpoint.connectionCount());
    System.out.println(bytes + " bytes for a half-open handshake of " + datagrams + " datagrams");
    return bytes;
  }

  /** The server's answer leaves, and nothing comes back. */
  private static void receive(
      ConnectedPair server, List<byte[]> flight, int datagrams, SendBatch batch) {
    for (byte[] datagram : flight.subList(0, Math.min(datagrams, flight.size()))) {
      byte[] copy = datagram.clone();
      QuicConnection connection =
          server.serverEndpoint.receive(
              ConnectedPair.CLIENT_ADDRESS, copy, 0, copy.length, server.now);
      while (connection != null && connection.transmit(batch, server.now)) {
        batch.clear();
      }
    }
  }

  private static long heapAfterCollection() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    System.gc();
    System.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }
}
