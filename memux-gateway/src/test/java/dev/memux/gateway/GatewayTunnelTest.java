package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.TunnelClient.Version;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tunnels over loopback carry bytes, ends and resets both ways: RFC 9114 §4.4, RFC 9113 §8.5. */
@Timeout(60)
final class GatewayTunnelTest extends TunnelScenario {
  // Both ways

  @ParameterizedTest
  @EnumSource
  void carriesBytesBothWaysAndTheEndsOfBoth(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db:5432");
      // RFC 9110 §9.3.6
      assertNull(end.field("content-length"));
      assertNull(end.field("transfer-encoding"));
      end.write("question");
      assertEquals("question", end.read(8));
      assertEquals(new TunnelCounts(1, 0), gateway.tunnels());
      end.finish();
      assertEquals("", end.readAll());
      TunnelSummary summary = summary();
      assertEquals(TunnelSummary.End.COMPLETE, summary.end());
      assertEquals(200, summary.status());
      assertEquals(8, summary.sentBytes());
      assertEquals(8, summary.receivedBytes());
      assertEquals("db:5432", summary.target());
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatHasEndedStillHearsTheOther(Version version) throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.say("last words");
                  connection.socket.shutdownOutput();
                  heard.complete(
                      new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII));
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals("last words", end.readAll());
      end.write("still ");
      end.write("here");
      end.finish();
      assertEquals("still here", heard.get(20, TimeUnit.SECONDS));
      assertEquals(TunnelSummary.End.COMPLETE, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSentBeforeTheAnswerWaitsForTheConnection(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      TunnelClient.End second = client.ask("db");
      if (version == Version.HTTP_2) {
        second.write("early");
        second.finish();
      } else {
        await(() -> gateway.tunnels().waiting() == 1); // and there is a stream to write to
        second.write("early");
        second.finish();
      }
      await(() -> gateway.tunnels().waiting() == 1);
      first.finish();
      first.readAll();
      assertEquals(200, second.status());
      assertEquals("early", second.readAll());
    }
  }

  @ParameterizedTest
  @EnumSource
  void greetsWithWhatABackendSaysThatClosesAtOnce(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> connection.say("too busy"));
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      for (int i = 0; i < 20; i++) {
        TunnelClient.End end = client.open("db");
        assertEquals("too busy", end.readAll());
        end.finish();
        assertEquals(TunnelSummary.End.COMPLETE, summary().end());
      }
    }
  }

  // Resets

  @ParameterizedTest
  @EnumSource
  void aResetOfTheBackendBecomesConnectError(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.in.read();
                  connection.reset();
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.write("x");
      assertEquals(version.connectError, end.reset());
      assertEquals(TunnelSummary.End.BACKEND, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aResetOfTheClientBecomesOneOfTheBackend(Version version) throws Exception {
    CompletableFuture<Throwable> reset = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.say("hello");
                    connection.awaitEnd();
                    reset.complete(null);
                  } catch (IOException e) {
                    reset.complete(e);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.read(5);
      end.cancel();
      assertTrue(reset.get(20, TimeUnit.SECONDS) instanceof SocketException);
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLostClientIsAResetForTheBackend(Version version) throws Exception {
    CompletableFuture<Throwable> reset = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.say("hello");
                    connection.awaitEnd();
                    reset.complete(null);
                  } catch (IOException e) {
                    reset.complete(e);
                  }
                });
        Gateway gateway = gateway(backend)) {
      try (TunnelClient client = version.open(gateway)) {
        client.open("db").read(5);
      }
      assertTrue(reset.get(20, TimeUnit.SECONDS) instanceof SocketException);
    }
  }

  /** As a socket does that is closed: its last word arrives, and its backend has time to go. */
  @ParameterizedTest
  @EnumSource
  void theLastWordOfAClientThatClosesArrives(Version version) throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    CountDownLatch goOn = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.say("greeting");
                  heard.complete(
                      new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII));
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  connection.say("what nobody reads");
                });
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.read(8);
      end.write("bye");
      end.finish();
      assertEquals("bye", heard.get(20, TimeUnit.SECONDS));
      end.stop();
      // The place is free when the backend has closed too, and not before.
      TunnelClient.End next = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      assertFalse(next.head.isDone());
      goOn.countDown();
      assertEquals(200, next.status());
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  /** An idle tunnel notices too: nothing is written there that could fail. */
  @Test
  void aClientThatStopsListeningCanStillSayItsLastWord() throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection ->
                    heard.complete(
                        new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII)));
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.stop();
      end.write("bye");
      end.finish();
      assertEquals("bye", heard.get(20, TimeUnit.SECONDS));
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  // RFC 9114 §4.4: the connection must be closed when the client takes no more. This takes as long
  // as Tunnel.LINGER.
  @Test
  void aClientThatNeitherListensNorSpeaksIsReset() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> awaitForGood());
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      client.open("db").stop();
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  // RFC 9114 §4.4: a connection error; RFC 9113 §8.5: a stream error.
  @ParameterizedTest
  @EnumSource
  void aTunnelHasNoTrailers(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.finishWithTrailers();
      long code = end.reset();
      assertEquals(version == Version.HTTP_2 ? 1 : -1, code);
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
      if (version != Version.HTTP_2) {
        await(() -> gateway.connectionCount() == 0);
      }
    }
  }

  // Random

  @ParameterizedTest
  @EnumSource
  void manyTunnelsKeepTheirBytesApart(Version version) throws Exception {
    int count = 20;
    int size = 1 << 18;
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      List<Callable<String>> exchanges = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int seed = i;
        exchanges.add(
            () -> {
              TunnelClient.End end = client.open("db");
              end.write(random(seed, size));
              end.finish();
              return end.readAll();
            });
      }
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<String>> answers = threads.invokeAll(exchanges);
        for (int i = 0; i < count; i++) {
          assertEquals(
              new String(random(i, size), StandardCharsets.ISO_8859_1), answers.get(i).get());
        }
      }
    }
  }

  private static byte[] random(long seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
