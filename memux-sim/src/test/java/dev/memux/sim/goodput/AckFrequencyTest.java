package dev.memux.sim.goodput;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import org.junit.jupiter.api.Test;

/** What a sender gains by asking for fewer acknowledgements (draft-ietf-quic-ack-frequency). */
class AckFrequencyTest {
  private static Goodput run(long megabits, long rttMillis) {
    GoodputLink link = new GoodputLink(megabits * 1_000_000, rttMillis * 1_000_000, 0);
    return new BulkTransfer(link, QuicConfig.DEFAULT, 1).run(10);
  }

  private static double packetsPerAcknowledgement(Goodput goodput) {
    return (double) goodput.sender().packetsSent() / goodput.receiver().packetsSent();
  }

  @Test
  void aFastPathHasFewAcknowledgements() {
    Goodput goodput = run(100, 50);
    double packets = packetsPerAcknowledgement(goodput);
    assertTrue(packets > 15, packets + " packets for each acknowledgement");
    assertTrue(goodput.isSufficient(), goodput.share() + " of the capacity");
  }

  @Test
  void aSlowPathHasAsManyAsItNeeds() {
    Goodput goodput = run(1, 50);
    double packets = packetsPerAcknowledgement(goodput);
    assertTrue(packets < 4, packets + " packets for each acknowledgement");
  }
}
