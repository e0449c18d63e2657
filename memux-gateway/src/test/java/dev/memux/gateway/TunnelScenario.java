package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.ConnectionSummary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.io.TempDir;

/** A gateway, what is behind it, and what it says of its tunnels. */
abstract class TunnelScenario {
  static final long POLL_NANOS = 500_000;

  @TempDir Path folder;

  final BlockingQueue<TunnelSummary> summaries = new LinkedBlockingQueue<>();

  Gateway gateway(ConnectConfig.Builder connect) throws Exception {
    return Gateway.start(
        new GatewayConfig(
                List.of(new ListenAddress("127.0.0.1", 0)),
                List.of(),
                null,
                null,
                DevelopmentCertificate.loadOrCreate(
                    StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
                null)
            .withConnect(connect.build()),
        new GatewayObserver() {
          @Override
          public void onConnected(ConnectionSummary connection) {}

          @Override
          public void onTunnel(TunnelSummary tunnel) {
            summaries.add(tunnel);
          }
        });
  }

  Gateway gateway(ScriptedBackend backend) throws Exception {
    return gateway(ConnectConfig.builder().target(target(backend)));
  }

  static String target(ScriptedBackend backend) {
    return "db=127.0.0.1:" + backend.port();
  }

  TunnelSummary summary() throws Exception {
    return summaries.poll(20, TimeUnit.SECONDS);
  }

  static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, "never");
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  static void echo(ScriptedBackend.Connection connection) throws IOException {
    connection.in.transferTo(connection.out);
    connection.out.flush();
  }

  static void awaitForGood() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
