package dev.memux.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cases with less data, as far as memux has them, and a few with each of the others. They wait
 * for the network most of the time, so several run at once.
 */
@Timeout(400)
@Execution(ExecutionMode.CONCURRENT)
final class MatrixTest {
  private static final Peer MEMUX = Peers.named(Peers.MEMUX);
  private static final long SEED = 1;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(TestCase.class)
  void memuxWithItself(TestCase testCase) throws Exception {
    Outcome outcome = run(testCase, MEMUX, MEMUX);
    Outcome.Status expected =
        MEMUX.serves(testCase) ? Outcome.Status.SUCCEEDED : Outcome.Status.UNSUPPORTED;
    assertEquals(expected, outcome.status(), () -> outcome.reasons().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "ngtcp2, HANDSHAKE",
    "ngtcp2, RETRY",
    "ngtcp2, ZERORTT",
    "netty-native, RESUMPTION",
    "netty-native, HTTP3",
    "kwik, HANDSHAKE",
    "kwik, ZERORTT"
  })
  void memuxWithOthers(String name, TestCase testCase) throws Exception {
    Peer peer = Peers.named(name);
    assumeTrue(peer.isInstalled(), name + " is missing");
    boolean any = false;
    for (Pair pair : List.of(new Pair(MEMUX, peer), new Pair(peer, MEMUX))) {
      if (pair.server().serves(testCase) && pair.client().fetches(testCase)) {
        Outcome outcome = run(testCase, pair.client(), pair.server());
        assertTrue(outcome.isGreen(), () -> pair + ": " + outcome.reasons());
        any = true;
      }
    }
    assertTrue(any);
  }

  private Outcome run(TestCase testCase, Peer client, Peer server) throws Exception {
    Path own = folder.resolve(client.name() + " " + server.name());
    return new CaseRun(testCase, testCase.brief(), client, server, SEED, own).run();
  }
}
