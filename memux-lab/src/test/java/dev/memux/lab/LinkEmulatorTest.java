package dev.memux.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.memux.sim.DropReason;
import dev.memux.sim.LinkProfile;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel's own TCP and UDP over an emulated link. Needs root on Linux. */
@Timeout(60)
final class LinkEmulatorTest {
  private static final LinkProfile PERFECT = LinkProfile.builder().build();

  private NetworkNamespace near;
  private NetworkNamespace far;

  @BeforeEach
  void makeNamespaces() {
    try {
      near = NetworkNamespace.create();
      far = NetworkNamespace.create();
    } catch (IOException e) {
      System.err.println("Skipped: no network namespaces here (they need Linux and root): " + e);
      abort(e.toString());
    }
  }

  @AfterEach
  void closeNamespaces() {
    near.close();
    far.close();
  }

  private LinkEmulator join(LinkProfile toFar, LinkProfile toNear) throws IOException {
    return LinkEmulator.join(near, far, toFar, toNear, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.77.0.2", "fd77::2"})
  void aRoundTripTakesTheDelayOfBothDirections(String farAddress) throws Exception {
    LinkProfile slow = LinkProfile.builder().delayMillis(25).build();
    try (LinkEmulator link = join(slow, slow);
        Echo echo = new Echo(InetAddress.ofLiteral(farAddress))) {
      long fastest = Long.MAX_VALUE;
      try (DatagramSocket client = near.call(() -> new DatagramSocket())) {
        for (int i = 0; i < 20; i++) {
          long sent = System.nanoTime();
          client.send(new DatagramPacket(new byte[100], 100, echo.address()));
          client.receive(new DatagramPacket(new byte[100], 100));
          fastest = Math.min(fastest, System.nanoTime() - sent);
        }
      }
      double millis = fastest / 1e6;
      assertTrue(millis >= 50 && millis < 60, millis + " ms");
      assertEquals(20, link.statisticsToFar().delivered());
      assertEquals(20, link.statisticsToNear().packets());
    }
  }

  @Test
  void packetsThatCrossDoNotTakeEachOthersPlace() throws Exception {
    LinkProfile profile =
        LinkProfile.builder().rateBitsPerSecond(10_000_000).delayMillis(1).build();
    int packets = 3000;
    int underWay = 12;
    try (LinkEmulator link = join(profile, profile);
        Echo echo = new Echo(LinkEmulator.FAR);
        DatagramSocket client = near.call(() -> new DatagramSocket())) {
      client.setSoTimeout(5_000);
      for (int i = 0; i < packets + underWay; i++) {
        if (i >= underWay) {
          client.receive(new DatagramPacket(new byte[100], 100)); // none is lost
        }
        if (i < packets) {
          client.send(new DatagramPacket(new byte[100], 100, echo.address()));
        }
      }
      assertEquals(packets, link.statisticsToNear().delivered());
    }
  }

  @Test
  void tcpReachesTheRateAndDataArrivesAsSent() throws Exception {
    LinkProfile profile =
        LinkProfile.builder()
            .rateBitsPerSecond(20_000_000)
            .delayMillis(5)
            .queueBytes(100_000)
            .build();
    byte[] data = new byte[4_000_000];
    new Random(1).nextBytes(data);
    try (LinkEmulator link = join(profile, profile);
        ServerSocket server = far.call(() -> new ServerSocket(0, 1, LinkEmulator.FAR))) {
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Socket socket = server.accept()) {
                      socket.getOutputStream().write(data);
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      long began = System.nanoTime();
      byte[] received;
      try (Socket socket = near.call(() -> new Socket(LinkEmulator.FAR, server.getLocalPort()))) {
        received = socket.getInputStream().readAllBytes();
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      sender.join();
      assertArrayEquals(data, received);
      double megabits = link.statisticsToNear().bytes() * 8 / seconds / 1e6;
      assertTrue(megabits > 12 && megabits < 23, megabits + " Mbit/s");
    }
  }

  @Test
  void theBacklogOfAMomentThatIsOverCanBeTold() throws Exception {
    LinkProfile slow = LinkProfile.builder().rateBitsPerSecond(800_000).queueBytes(60_000).build();
    int packets = 20;
    try (LinkEmulator link = join(slow, PERFECT);
        Echo echo = new Echo(LinkEmulator.FAR);
        DatagramSocket client = near.call(() -> new DatagramSocket())) {
      long before = System.nanoTime();
      for (int i = 0; i < packets; i++) {
        client.send(new DatagramPacket(new byte[972], 972, echo.address())); // 1000 with headers
      }
      client.receive(new DatagramPacket(new byte[1500], 1500));
      long atFirst = System.nanoTime(); // the first has left the bottleneck
      for (int i = 1; i < packets; i++) {
        client.receive(new DatagramPacket(new byte[1500], 1500));
      }
      double millis = link.backlogNanosToFar(atFirst) / 1e6; // 10 ms each
      assertTrue(millis <= 190 && millis > 130, millis + " ms");
      assertEquals(0, link.backlogNanosToFar(before));
      assertEquals(0, link.backlogNanosToFar(System.nanoTime()));
      assertEquals(0, link.backlogNanosToNear(atFirst));
    }
  }

  @Test
  void aFullQueueDropsWhatComesTooFast() throws Exception {
    LinkProfile narrow =
        LinkProfile.builder().rateBitsPerSecond(8_000_000).queueBytes(20_000).build();
    try (LinkEmulator link = join(narrow, PERFECT);
        Echo echo = new Echo(LinkEmulator.FAR);
        DatagramSocket client = near.call(() -> new DatagramSocket())) {
      for (int i = 0; i < 100; i++) {
        client.send(new DatagramPacket(new byte[972], 972, echo.address())); // 1000 bytes with IP
      }
      await(() -> link.statisticsToFar().packets() == 100);
      long dropped = link.statisticsToFar().dropped().getOrDefault(DropReason.QUEUE_FULL, 0L);
      // 20 wait; some leave while the others come, one a millisecond.
      assertTrue(dropped >= 20 && dropped <= 80, dropped + " dropped");
      assertTrue(link.queuedBytesToFar() <= 20_000);
    }
  }

  @Test
  void lossIsAsLikelyAsAskedAndAProfileCanChange() throws Exception {
    LinkProfile lossy = LinkProfile.builder().loss(0.1).build();
    try (LinkEmulator link = join(lossy, PERFECT);
        DatagramSocket client = near.call(() -> new DatagramSocket())) {
      InetSocketAddress nobody = new InetSocketAddress(LinkEmulator.FAR, 9);
      send(client, nobody, 2000);
      await(() -> link.statisticsToFar().packets() == 2000);
      long lost = link.statisticsToFar().dropped().getOrDefault(DropReason.LOSS, 0L);
      assertTrue(lost > 150 && lost < 250, lost + " of 2000 lost");
      link.change(PERFECT, PERFECT);
      send(client, nobody, 2000);
      await(() -> link.statisticsToFar().packets() == 4000);
      assertEquals(lost, link.statisticsToFar().dropped().getOrDefault(DropReason.LOSS, 0L));
    }
  }

  private static void send(DatagramSocket client, InetSocketAddress to, int count)
      throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      try {
        client.send(new DatagramPacket(new byte[10], 10, to));
      } catch (SocketException e) {
        // What an answer "port unreachable" to an earlier one looks like.
      }
    }
  }

  @Test
  void aProcessInsideSeesOnlyTheLink() throws Exception {
    try (LinkEmulator link = join(PERFECT, PERFECT)) {
      Process process =
          near.start(new ProcessBuilder("ip", "-o", "link").redirectErrorStream(true));
      String interfaces =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor());
      assertEquals(0, link.statisticsToFar().packets());
      assertEquals(2, interfaces.lines().count(), interfaces);
      assertTrue(interfaces.contains("memux0") && interfaces.contains("lo:"), interfaces);
    }
    assertThrows(SocketException.class, () -> connect(LinkEmulator.FAR), "the interface is gone");
  }

  private void connect(InetAddress address) throws IOException {
    near.call(() -> new Socket(address, 9)).close();
  }

  @Test
  void itsFiguresRemainAfterTheEnd() throws Exception {
    LinkEmulator link = join(PERFECT, PERFECT);
    try (DatagramSocket client = near.call(() -> new DatagramSocket())) {
      send(client, new InetSocketAddress(LinkEmulator.FAR, 9), 3);
      await(() -> link.statisticsToFar().delivered() == 3);
    }
    link.close();
    link.close();
    assertEquals(3, link.statisticsToFar().packets());
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.holds()) {
      assertTrue(System.nanoTime() - end < 0, "not in time");
      Thread.onSpinWait();
    }
  }

  /** Sends back what it gets, at the far end. */
  private final class Echo implements AutoCloseable {
    private final DatagramSocket socket;

    Echo(InetAddress address) throws IOException {
      socket = far.call(() -> new DatagramSocket(0, address));
      Thread.ofPlatform().daemon().start(this::run);
    }

    InetSocketAddress address() {
      return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private void run() {
      DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
      try {
        while (true) {
          packet.setLength(2048);
          socket.receive(packet);
          socket.send(packet);
        }
      } catch (IOException e) {
        assertTrue(socket.isClosed());
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
