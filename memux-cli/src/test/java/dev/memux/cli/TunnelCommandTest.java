package dev.memux.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.http.TunnelTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code memux tunnel} through {@code memux gateway}. */
@Timeout(120)
final class TunnelCommandTest {
  private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private Path folder;

  /** Connections that the target has accepted. */
  private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();

  private ServerSocket target() throws IOException {
    ServerSocket target = new ServerSocket(0, 100, LOCAL);
    Thread.startVirtualThread(
        () -> {
          try {
            while (true) {
              accepted.add(target.accept());
            }
          } catch (IOException e) {
            // closed
          }
        });
    return target;
  }

  private MemuxProcess gateway(int port, ServerSocket target) throws IOException {
    return MemuxProcess.gateway(
        folder, port, "--connect-target=target=127.0.0.1:" + target.getLocalPort());
  }

  private MemuxProcess tunnel(int gatewayPort, String... more) throws IOException {
    return MemuxProcess.start(
        folder,
        Stream.concat(
                Stream.of("tunnel", "--via=https://localhost:" + gatewayPort), Stream.of(more))
            .toArray(String[]::new));
  }

  private static int port(String said, String target) {
    Matcher line =
        Pattern.compile("127\\.0\\.0\\.1:(\\d+) leads to " + Pattern.quote(target)).matcher(said);
    assertTrue(line.find(), said);
    return Integer.parseInt(line.group(1));
  }

  private Socket accepted() throws InterruptedException {
    Socket next = accepted.poll(30, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no connection came");
    }
    return next;
  }

  @ParameterizedTest
  @ValueSource(strings = {"quic", "tcp"})
  void leadsPortsThroughTheGateway(String carrier) throws Exception {
    int gatewayPort = FreePort.find();
    try (ServerSocket target = target();
        MemuxProcess gateway = gateway(gatewayPort, target);
        MemuxProcess tunnel =
            tunnel(gatewayPort, "--carrier=" + carrier, "-L0=target:1", "-L0=elsewhere:22;u=1")) {
      String said = tunnel.awaitLine("ready");
      carriesBytesAndEnds(port(said, "target:1"));
      carriesResets(port(said, "target:1"));
      refusesWithTheReason(tunnel, port(said, "elsewhere:22"));
      drains(tunnel, port(said, "target:1"));
      assertTrue(gateway.isAlive());
    }
  }

  private void carriesBytesAndEnds(int port) throws Exception {
    byte[] data = new byte[2_000_000];
    new Random(2).nextBytes(data);
    try (Socket near = new Socket(LOCAL, port);
        Socket far = accepted()) {
      Thread.startVirtualThread(
          () -> {
            try {
              near.getOutputStream().write(data);
              near.shutdownOutput();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertArrayEquals(data, far.getInputStream().readAllBytes());
      far.getOutputStream().write("the other half".getBytes(US_ASCII));
      far.shutdownOutput();
      assertEquals("the other half", new String(near.getInputStream().readAllBytes(), US_ASCII));
    }
  }

  // RFC 9114 §4.4
  private void carriesResets(int port) throws Exception {
    try (Socket near = new Socket(LOCAL, port)) {
      Socket far = accepted();
      exchangeByte(near, far);
      far.setSoLinger(true, 0);
      far.close();
      assertThrows(SocketException.class, () -> near.getInputStream().readAllBytes());
    }
    Socket near = new Socket(LOCAL, port);
    try (Socket far = accepted()) {
      exchangeByte(near, far);
      near.setSoLinger(true, 0);
      near.close();
      assertThrows(SocketException.class, () -> far.getInputStream().readAllBytes());
    }
  }

  /** Until a byte came back, a reset may be one of the connecting itself: a refusal. */
  private static void exchangeByte(Socket near, Socket far) throws IOException {
    near.getOutputStream().write(1);
    assertEquals(1, far.getInputStream().read());
    far.getOutputStream().write(2);
    assertEquals(2, near.getInputStream().read());
  }

  private void refusesWithTheReason(MemuxProcess tunnel, int port) throws Exception {
    try (Socket near = new Socket(LOCAL, port)) {
      assertThrows(SocketException.class, () -> near.getInputStream().readAllBytes());
    }
    String error = tunnel.awaitError();
    assertTrue(error.contains("refused elsewhere:22: 403"), error);
  }

  private void drains(MemuxProcess tunnel, int port) throws Exception {
    try (Socket near = new Socket(LOCAL, port);
        Socket far = accepted()) {
      near.getOutputStream().write(1);
      assertEquals(1, far.getInputStream().read());
      tunnel.terminate();
      tunnel.awaitLine("finishing what is under way");
      assertThrows(IOException.class, () -> new Socket(LOCAL, port).close());
      far.getOutputStream().write(2);
      assertEquals(2, near.getInputStream().read());
      near.shutdownOutput();
      assertEquals(-1, far.getInputStream().read());
    }
    assertEquals(ExitCode.OK, tunnel.awaitExit());
  }

  @Test
  void replacesALostConnection() throws Exception {
    int gatewayPort = FreePort.find();
    try (ServerSocket target = target()) {
      MemuxProcess first = gateway(gatewayPort, target);
      try (MemuxProcess tunnel = tunnel(gatewayPort, "-L0=target:1")) {
        int port = port(tunnel.awaitLine("ready"), "target:1");
        try (Socket near = new Socket(LOCAL, port)) {
          accepted();
          first.terminate(); // closes its connections when it has drained
          accepted.clear();
          first.close();
          try (MemuxProcess second = gateway(gatewayPort, target)) {
            assertThrows(SocketException.class, () -> near.getInputStream().readAllBytes());
            try (Socket again = new Socket(LOCAL, port);
                Socket far = accepted()) {
              far.getOutputStream().write(7);
              assertEquals(7, again.getInputStream().read());
            }
            assertTrue(second.isAlive());
          }
        }
      } finally {
        first.close();
      }
    }
  }

  @Test
  void saysAtOnceThatThereIsNoGateway() throws Exception {
    try (MemuxProcess tunnel = tunnel(FreePort.find(), "-L0=target:1")) {
      assertEquals(ExitCode.UNREACHABLE, tunnel.awaitExit());
    }
  }

  @Test
  void readsItsForwards() {
    PortForward plain = PortForward.parse("5432=db:5432");
    assertEquals(5432, plain.listen().getPort());
    assertTrue(plain.listen().getAddress().isLoopbackAddress());
    assertEquals(new TunnelTarget("db", 5432), plain.target());
    assertEquals(null, plain.priority());
    PortForward full = PortForward.parse("[::1]:80=[2001:db8::1]:8080;u=1,i=?0");
    assertEquals(InetAddress.ofLiteral("::1"), full.listen().getAddress());
    assertEquals("[2001:db8::1]:8080", full.target().toString());
    assertEquals(new Priority(1, false), full.priority());
    assertTrue(PortForward.parse("*:1=a:1").listen().getAddress().isAnyLocalAddress());
    for (String wrong :
        new String[] {
          "5432", "x=db:1", "1=db", "65536=db:1", "1=db:1;u=8", "1=db:1;:", "a b:1=c:1"
        }) {
      assertThrows(IllegalArgumentException.class, () -> PortForward.parse(wrong), wrong);
    }
  }
}
