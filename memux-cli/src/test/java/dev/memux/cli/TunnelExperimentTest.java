package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.memux.lab.NetworkNamespace;
import dev.memux.sim.LinkProfile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who waits for echoes beside a bulk copy in the same tunnel waits for the network alone: a round
 * trip and the bottleneck's queue. It takes real time, half a minute, as kernel and processes are
 * part of it. Needs root on Linux.
 */
@Timeout(120)
final class TunnelExperimentTest {
  /** 10 Mbit/s, a round trip of 50 ms, and a queue of a quarter of their product. */
  private static final LinkProfile LINK =
      LinkProfile.builder()
          .rateBitsPerSecond(10_000_000)
          .delayMillis(25)
          .queueBytes(15_625)
          .build();

  @TempDir private Path state;

  private String said = "";

  @BeforeEach
  void needsNamespaces() {
    try {
      NetworkNamespace.create().close();
    } catch (IOException e) {
      System.err.println("Skipped: no network namespaces here (they need Linux and root): " + e);
      abort(e.toString());
    }
  }

  private TunnelExperiment.Result run(TunnelExperiment.Sharing sharing, int seconds)
      throws Exception {
    TunnelExperiment experiment = new TunnelExperiment(LINK, LINK, seconds, state, true);
    assertEquals(72.5, experiment.boundMillis());
    TunnelExperiment.Result result = experiment.run(sharing, 1);
    said = TunnelExperiment.heading() + "\n" + TunnelExperiment.line(sharing, result);
    System.out.println(said);
    return result;
  }

  @Test
  void whatIsUrgentWaitsForTheNetworkAlone() throws Exception {
    ExternalPrograms.require("redis-server", "redis-server");
    ExternalPrograms.require("redis-benchmark", "redis-tools");
    TunnelExperiment.Result result = run(TunnelExperiment.Sharing.PRIORITIES, 20);
    // What the machine added to the link is none of memux's.
    double boundMillis = result.boundMillis() + result.latenessMillis();
    assertTrue(result.echoes().millis(0.99) <= boundMillis, said);
    Double redisMillis = result.redisMillis();
    assertNotNull(redisMillis);
    assertTrue(redisMillis <= boundMillis, said);
    assertTrue(result.bulkBitsPerSecond() > 5e6, said); // nor does the copy starve
  }

  /** The contrast: the kernel has taken bulk for as long as it has room. */
  @Test
  void onOnePlainConnectionItWaitsBehindTheCopy() throws Exception {
    TunnelExperiment.Result result = run(TunnelExperiment.Sharing.ONE_CONNECTION, 5);
    assertTrue(result.echoes().millis(0.99) > 2 * result.boundMillis(), said);
  }

  @Test
  void percentilesAreOfWhatWasMeasured() {
    EchoProbe.Times times =
        new EchoProbe.Times(LongStream.rangeClosed(1, 200).mapToObj(ms -> ms * 1_000_000).toList());
    assertEquals(100, times.millis(0.5));
    assertEquals(198, times.millis(0.99));
    assertEquals(200, times.millis(1));
    assertEquals(7, new EchoProbe.Times(List.of(7_000_000L)).millis(0.99));
  }
}
