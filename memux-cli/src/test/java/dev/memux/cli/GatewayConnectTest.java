package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.http.MuxSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tunnels through the command, for sockets. */
@Timeout(120)
final class GatewayConnectTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"quic", "tcp"})
  void socketsReachWhatTheOptionsName(String carrier) throws Exception {
    int port = FreePort.find();
    try (ServerSocket backend = new ServerSocket(0, 10, InetAddress.ofLiteral("127.0.0.1"));
        MemuxProcess gateway =
            MemuxProcess.gateway(
                folder,
                port,
                "--connect-target=echo=127.0.0.1:" + backend.getLocalPort(),
                "--connect-limit=echo=1",
                "--log-connections")) {
      Thread.startVirtualThread(() -> echo(backend));
      String trust = "?ca=" + DevelopmentCertificate.certificateFile(gateway.stateDirectory());
      MuxSocketFactory factory =
          new MuxSocketFactory("https://127.0.0.1:" + port + trust + "&carrier=" + carrier);
      try (Socket socket = factory.createSocket("echo", 7)) {
        socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
        socket.shutdownOutput();
        assertEquals(
            "hello", new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
      }
      IOException refused =
          assertThrows(IOException.class, () -> factory.createSocket("127.0.0.1", 22));
      assertTrue(String.valueOf(refused.getMessage()).contains("not allowed"), refused::toString);
      gateway.terminate();
      assertEquals(0, gateway.awaitExit());
      List<String> lines =
          gateway.output().lines().filter(line -> line.contains(" tunnel ")).toList();
      assertEquals(2, lines.size(), lines.toString());
      assertTrue(
          lines
              .getFirst()
              .matches(
                  ".* tunnel peer=127\\.0\\.0\\.1:[0-9]+ http=3 target=echo:7 status=200"
                      + " end=complete waited_ms=[0-9]+ open_ms=[0-9]+ sent=5 received=5"),
          lines.getFirst());
      assertTrue(lines.getLast().contains(" status=403 end=refused "), lines.getLast());
    }
  }

  private static void echo(ServerSocket backend) {
    try (Socket socket = backend.accept()) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // the gateway was faster
    }
  }
}
