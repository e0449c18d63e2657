package dev.memux.http.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.netty.MuxException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The README shows code that compiles and works. */
@Timeout(60)
class ReadmeTest {
  @Test
  void itsCodeIsTheExamplesCode() throws Exception {
    ShownCode.assertComesFrom(ReadmeExample.class, Path.of("../README.md"));
  }

  @Test
  void theExampleWorks() throws Exception {
    Path certificate = resource("localhost-cert.pem");
    Path key = resource("localhost-key.pem");
    int port = freePort();
    var server =
        new FutureTask<Void>(
            () -> {
              ReadmeExample.serve(certificate, key, port);
              return null;
            });
    Thread.startVirtualThread(server);
    assertEquals("hello", ask(certificate, port, server));
    server.get(30, TimeUnit.SECONDS);
  }

  /** The server may not listen yet. */
  private static String ask(Path certificate, int port, Future<?> server) throws Exception {
    while (true) {
      try {
        return ReadmeExample.ask(certificate, port);
      } catch (MuxException.CarrierLost e) {
        if (server.isDone()) {
          throw e;
        }
      }
    }
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Path resource(String name) throws Exception {
    return Path.of(ReadmeTest.class.getResource("/dev/memux/http/" + name).toURI());
  }
}
