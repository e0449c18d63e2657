package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.TunnelClient.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much tunnels hold, how many there are, who comes next, and how they end with the gateway. */
@Timeout(60)
final class TunnelBoundsTest extends TunnelScenario {
  /** What a socket and two event loops keep at most, and then some. */
  private static final int BUFFERED_BYTES = 8 << 20;

  @ParameterizedTest
  @EnumSource
  void aSlowClientHoldsTheBackendBack(Version version) throws Exception {
    AtomicLong sent = new AtomicLong();
    int total = 40 << 20;
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  byte[] piece = new byte[64 << 10];
                  while (sent.get() < total) {
                    connection.out.write(piece);
                    sent.addAndGet(piece.length);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      awaitStill(sent);
      assertTrue(sent.get() < BUFFERED_BYTES + kernelBuffers(), "" + sent.get());
      assertEquals(total, end.skipAll());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowBackendHoldsTheClientBack(Version version) throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Long> received = new CompletableFuture<>();
    int total = 40 << 20;
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  long count = 0;
                  byte[] buffer = new byte[64 << 10];
                  for (int n = connection.in.read(buffer); n > 0; n = connection.in.read(buffer)) {
                    count += n;
                  }
                  received.complete(count);
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      AtomicLong sent = new AtomicLong();
      Thread writer =
          Thread.startVirtualThread(
              () -> {
                byte[] piece = new byte[16 << 10];
                while (sent.get() < total) {
                  if (end.isWritable()) {
                    end.write(piece);
                    sent.addAndGet(piece.length);
                  } else {
                    LockSupport.parkNanos(POLL_NANOS);
                  }
                }
                end.finish();
              });
      awaitStill(sent);
      assertTrue(sent.get() < BUFFERED_BYTES + kernelBuffers(), "" + sent.get());
      goOn.countDown();
      writer.join();
      assertEquals(total, received.get(40, TimeUnit.SECONDS));
    }
  }

  /** Waits until a figure has not changed for a while. */
  private static void awaitStill(AtomicLong figure) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    long last = -1;
    while (figure.get() == 0 || figure.get() != last) {
      last = figure.get();
      never.await(300, TimeUnit.MILLISECONDS);
    }
  }

  private static long kernelBuffers() {
    return 16 << 20; // both ends of a TCP connection over loopback
  }

  /** As {@code nc} does with a file: all of it arrives, though nobody waits for an answer. */
  @ParameterizedTest
  @EnumSource
  void aSlowBackendThatHasEndedGetsAllThatIsSent(Version version) throws Exception {
    int total = 16 << 20;
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Integer> received = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.socket.shutdownOutput();
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  received.complete(connection.in.readAllBytes().length);
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals("", end.readAll());
      end.write(new byte[total]);
      end.finish();
      goOn.countDown();
      assertEquals(total, received.get(40, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowClientGetsAllOfABackendThatHasClosed(Version version) throws Exception {
    int total = 8 << 20;
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.out.write(new byte[total]);
                  connection.socket.shutdownOutput();
                  closed.countDown();
                  connection.awaitEnd();
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.finish();
      assertEquals(total, end.skipAll());
      assertEquals(0, closed.getCount());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTunnelInWhichNothingMovesEnds(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> awaitForGood());
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target(target(backend))
                    .idleTimeout(Duration.ofMillis(200)));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals(version.connectError, end.reset());
      assertEquals(TunnelSummary.End.IDLE, summary().end());
    }
  }

  @Test
  void refusesTunnelsBeyondTheLimit() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).bounds(2, 10));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End first = client.open("db");
      client.open("db");
      TunnelClient.End third = client.ask("db");
      assertEquals(503, third.status());
      assertTrue(third.field("proxy-status").contains("error=connection_limit_reached;"));
      first.finish();
      first.readAll();
      summary();
      await(() -> gateway.tunnels().total() == 1);
      client.open("db");
    }
  }

  @Test
  void refusesThoseWhoWouldWaitBeyondTheLimitOrTooLong() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target(target(backend))
                    .limit("db=1")
                    .bounds(100, 1)
                    .queueTimeout(Duration.ofSeconds(1)));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      TunnelClient.End beyond = client.ask("db");
      assertEquals(503, beyond.status());
      assertEquals("503 too many wait for a connection to db\n", beyond.readAll());
      assertEquals(504, waiting.status());
      assertEquals(0, gateway.tunnels().waiting());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoGoesAwayWaitsNoMore(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      waiting.cancel();
      await(() -> gateway.tunnels().waiting() == 0);
      TunnelSummary summary = summary();
      assertEquals(TunnelSummary.End.CLIENT, summary.end());
      assertEquals(0, summary.status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMoreUrgentGetTheNextPlace(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      BlockingQueue<String> order = new LinkedBlockingQueue<>();
      for (String priority : List.of("u=5", "u=3", "u=1, i", "u=7", "u=0")) {
        int before = gateway.tunnels().waiting();
        TunnelClient.End end = client.ask("db", Map.of("priority", priority));
        end.head.thenAccept(
            head -> {
              order.add(priority);
              end.finish();
            });
        await(() -> gateway.tunnels().waiting() == before + 1);
      }
      first.finish();
      for (String expected : List.of("u=0", "u=1, i", "u=3", "u=5", "u=7")) {
        assertEquals(expected, order.poll(20, TimeUnit.SECONDS));
      }
      await(() -> backend.connections.get() == 6);
    }
  }

  // RFC 9218 §7
  @ParameterizedTest
  @EnumSource
  void whoBecomesMoreUrgentWhileWaitingOvertakes(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      TunnelClient.End second = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      TunnelClient.End third = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 2);
      third.priority(1);
      // Frames of one connection arrive in order on HTTP/2; on HTTP/3 streams overtake each other.
      TunnelClient.End fence = client.ask("nowhere:1");
      assertEquals(403, fence.status());
      first.finish();
      if (version == Version.HTTP_2) {
        assertEquals(200, third.status());
        assertFalse(second.head.isDone());
      } else {
        CompletableFuture.anyOf(third.head, second.head).get(20, TimeUnit.SECONDS);
        assertTrue(third.head.isDone());
      }
    }
  }

  @Test
  void aClientThatAsksForManyLeavesPlacesToOthers() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=2"));
        TunnelClient greedy = Version.HTTP_3.open(gateway);
        TunnelClient modest = Version.HTTP_2.open(gateway)) {
      TunnelClient.End first = greedy.open("db");
      greedy.open("db");
      for (int i = 0; i < 10; i++) {
        greedy.ask("db");
      }
      await(() -> gateway.tunnels().waiting() == 10);
      TunnelClient.End one = modest.ask("db");
      await(() -> gateway.tunnels().waiting() == 11);
      first.finish();
      assertEquals(200, one.status());
    }
  }

  @Test
  void aThousandTunnelsAtOnce() throws Exception {
    int count = 1_000;
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End[] ends = new TunnelClient.End[count];
      for (int i = 0; i < count; i++) {
        ends[i] = client.ask("db");
      }
      for (int i = 0; i < count; i++) {
        assertEquals(200, ends[i].status());
        ends[i].write("number " + i);
      }
      assertEquals(count, gateway.tunnels().total());
      for (int i = 0; i < count; i++) {
        ends[i].finish();
        assertEquals("number " + i, ends[i].readAll());
      }
      await(() -> gateway.tunnels().total() == 0);
      await(() -> backend.connections.get() == count);
    }
  }

  // Shutdown

  @ParameterizedTest
  @EnumSource
  void aDrainLetsTunnelsEndAndRefusesThoseWhoWait(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End open = client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      Thread drain = Thread.startVirtualThread(() -> gateway.drain(Duration.ofSeconds(20)));
      assertEquals(503, waiting.status());
      open.write("after");
      assertEquals("after", open.read(5));
      open.finish();
      assertEquals("", open.readAll());
      drain.join();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDrainEndsTunnelsThatGoOnForTooLong(Version version) throws Exception {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.awaitEnd();
                  } finally {
                    ended.complete(true);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      client.open("db");
      gateway.drain(Duration.ofMillis(300));
      assertTrue(ended.get(20, TimeUnit.SECONDS));
    }
  }
}
