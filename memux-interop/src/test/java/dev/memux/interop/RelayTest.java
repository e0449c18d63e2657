package dev.memux.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The relay between plain sockets. */
@Timeout(60)
final class RelayTest {
  private static final int PATIENCE_MILLIS = 20_000;

  private final InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
  private final Capture capture = new Capture();
  private DatagramSocket client;
  private DatagramSocket server;

  @BeforeEach
  void open() throws IOException {
    client = new DatagramSocket(new InetSocketAddress(loopback, 0));
    server = new DatagramSocket(new InetSocketAddress(loopback, 0));
    client.setSoTimeout(PATIENCE_MILLIS);
    server.setSoTimeout(PATIENCE_MILLIS);
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void carriesDatagramsBothWaysAndKnowsThem() throws Exception {
    try (Relay relay = relay(Scenario.delay(20))) {
      long begin = System.nanoTime();
      send(client, relay.address(), 1, 2, 3);
      DatagramPacket request = receive(server);
      assertArrayEquals(new byte[] {1, 2, 3}, content(request));
      assertNotEquals(client.getLocalPort(), request.getPort());
      send(server, (InetSocketAddress) request.getSocketAddress(), 4, 5);
      DatagramPacket answer = receive(client);
      assertArrayEquals(new byte[] {4, 5}, content(answer));
      assertEquals(relay.address(), answer.getSocketAddress());
      assertTrue(System.nanoTime() - begin >= Duration.ofMillis(40).toNanos());
      assertEquals(2, capture.sent().size());
      assertTrue(capture.sent().getFirst().fromClient());
      assertEquals(request.getSocketAddress(), capture.sent().getLast().binding());
    }
  }

  @Test
  void carriesNothingThatIsTooLargeForItsLink() throws Exception {
    try (Relay relay = relay(Scenario.delay(1))) {
      client.send(new DatagramPacket(new byte[1473], 1473, relay.address()));
      client.send(new DatagramPacket(new byte[1472], 1472, relay.address()));
      assertEquals(1472, receive(server).getLength());
    }
  }

  @Test
  void clientsMoveToOtherPorts() throws Exception {
    Scenario scenario =
        Scenario.delay(1).rebinding(Duration.ofMillis(50), Duration.ofMillis(50), false);
    try (Relay relay = relay(scenario)) {
      Set<InetSocketAddress> seen = addressesSeen(relay, 4);
      assertEquals(1, seen.stream().map(InetSocketAddress::getAddress).distinct().count());
      assertNotReached(seen.iterator().next(), relay);
    }
  }

  @Test
  void clientsMoveToOtherAddresses() throws Exception {
    Scenario scenario =
        Scenario.delay(1).rebinding(Duration.ofMillis(50), Duration.ofMillis(50), true);
    try (Relay relay = relay(scenario)) {
      Set<InetSocketAddress> seen = addressesSeen(relay, 4);
      assertEquals(4, seen.stream().map(InetSocketAddress::getAddress).distinct().count());
    }
  }

  private Set<InetSocketAddress> addressesSeen(Relay relay, int count) throws IOException {
    Set<InetSocketAddress> seen = new LinkedHashSet<>();
    while (seen.size() < count) {
      send(client, relay.address(), 0);
      seen.add((InetSocketAddress) receive(server).getSocketAddress());
    }
    return seen;
  }

  /**
   * What is sent to where a client no longer is does not reach it; what is sent afterwards does.
   */
  private void assertNotReached(InetSocketAddress old, Relay relay) throws IOException {
    send(server, old, 1);
    byte[] content;
    do {
      send(client, relay.address(), 0);
      send(server, (InetSocketAddress) receive(server).getSocketAddress(), 2);
      content = content(receive(client));
    } while (content[0] == 0);
    assertArrayEquals(new byte[] {2}, content);
  }

  private Relay relay(Scenario scenario) throws IOException {
    InetSocketAddress address = new InetSocketAddress(loopback, server.getLocalPort());
    return Relay.start(scenario, address, 1, capture);
  }

  private static void send(DatagramSocket from, InetSocketAddress to, int... bytes)
      throws IOException {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    from.send(new DatagramPacket(content, content.length, to));
  }

  private static DatagramPacket receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
    socket.receive(packet);
    return packet;
  }

  private static byte[] content(DatagramPacket packet) {
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }
}
