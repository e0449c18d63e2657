package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.memux.lab.NetworkNamespace;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * A response that is raised over a slow link arrives after a round trip, what is queued before the
 * bottleneck, and two packets: nothing that is less urgent waits anywhere else. It takes real time,
 * some seconds for each carrier, as the kernel is part of it. Needs root on Linux.
 */
@Timeout(120)
final class ReprioritizationTest {
  private static final int ROUNDS = 3;
  private static final long SMALL_WINDOW_BYTES = 64 * 1024;
  private static final long LARGE_WINDOW_BYTES = 6_000_000;

  @Command
  private static final class Link {
    @Mixin private LinkOptions options = new LinkOptions();

    static LinkOptions of(String... arguments) {
      Link link = new Link();
      new CommandLine(link).parseArgs(arguments);
      return link.options;
    }
  }

  @BeforeEach
  void needsNamespaces() {
    try {
      NetworkNamespace.create().close();
    } catch (IOException e) {
      System.err.println("Skipped: no network namespaces here (they need Linux and root): " + e);
      abort(e.toString());
    }
  }

  private static List<Reprioritization.Round> measure(
      ReprioritizationCarrier carrier, String queue, long windowBytes) throws Exception {
    return LabReprioritizeCommand.measure(
        carrier, Link.of("--rate=1Mbit", "--delay=50ms", "--queue=" + queue), windowBytes, ROUNDS);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HTTP_2_UNTUNED")
  void whatIsRaisedComesNext(ReprioritizationCarrier carrier) throws Exception {
    // What the queue drops comes a round trip later, and over TCP all that follows it: TCP gets a
    // queue that holds all that can be under way.
    boolean quic = carrier == ReprioritizationCarrier.HTTP_3_QUIC;
    List<Reprioritization.Round> undisturbed =
        measure(carrier, quic ? "24kB" : "64kB", SMALL_WINDOW_BYTES).stream()
            .filter(round -> round.lostPackets() == 0)
            .toList();
    assertFalse(undisturbed.isEmpty(), "the queue dropped packets each time");
    for (Reprioritization.Round round : undisturbed) {
      assertTrue(round.tookNanos() <= round.boundNanos() + round.latenessNanos(), round::toString);
    }
  }

  /** The contrast: a kernel that takes all it has room for has taken it for the other response. */
  @Test
  void overTcpAsItIsItWaitsBehindWhatTheKernelHasTaken() throws Exception {
    // The kernel's buffer grows with what may be under way.
    List<Reprioritization.Round> rounds =
        measure(ReprioritizationCarrier.HTTP_2_UNTUNED, "128kB", LARGE_WINDOW_BYTES);
    assertTrue(
        rounds.stream().anyMatch(round -> round.tookNanos() > 2 * round.boundNanos()),
        rounds::toString);
  }
}
