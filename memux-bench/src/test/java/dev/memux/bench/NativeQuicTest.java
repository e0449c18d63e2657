package dev.memux.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.cli.PerfPlan;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.quic.Quic;
import org.junit.jupiter.api.Test;

/** That the counterpart works; how fast it is is not a test's business. */
final class NativeQuicTest {
  @Test
  void theCounterpartDeliversWhatItMeasures() throws Exception {
    assumeTrue(Epoll.isAvailable() && Quic.isAvailable(), "Linux on x86_64 only");
    try (NativeServer server = NativeServer.start(1452);
        NativeClient client = new NativeClient(server.localAddress(), 1452)) {
      String line = client.run(PerfPlan.bulk(3_000_000, 200_000)).json();
      assertTrue(Comparison.number(line, "gbit_per_s") > 0, line);
      assertEquals(1452, Comparison.number(line, "packet_bytes"));
    }
  }

  @Test
  void theMedianIsTheOneInTheMiddle() {
    assertEquals(2, Comparison.median(3, 1, 2));
    assertEquals(2.5, Comparison.median(4, 1, 3, 2));
  }
}
