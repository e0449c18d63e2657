package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Packets that one ACK frame acknowledges, and what streams hear of it. */
class AcknowledgedTogetherTest {
  private final MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
  private final MuxStream first = pair.client.open(StreamType.UNIDIRECTIONAL);
  private final MuxStream second = pair.client.open(StreamType.UNIDIRECTIONAL);
  private final List<MuxPair.Packet> sent = new ArrayList<>();

  private void send(MuxStream stream, int bytes) throws ProtocolException {
    MuxPair.write(stream, bytes);
    while (pair.client.mux.hasPending()) {
      sent.add(pair.client.transmit());
    }
  }

  private void acknowledge(int... packets) {
    for (int i : packets) {
      pair.client.mux.onPacketAcked(sent.get(i).frames());
    }
    pair.client.mux.onAckRead();
  }

  @Test
  void piecesOneBehindTheOtherCountLikeOne() throws ProtocolException {
    send(first, 5_000);
    acknowledge(0, 1, 2, 3);
    long acked = first.ackedBytes();
    assertTrue(acked > 3_000 && acked < 5_000, "acked " + acked);
    acknowledge(4);
    assertEquals(5_000, first.ackedBytes());
  }

  @Test
  void aGapStaysOne() throws ProtocolException {
    send(first, 5_000);
    acknowledge(0, 2, 3);
    long beforeGap = first.ackedBytes();
    assertTrue(beforeGap > 0 && beforeGap < 2_000, "acked " + beforeGap);
    acknowledge(1);
    assertTrue(first.ackedBytes() > 3_000);
  }

  @Test
  void eachStreamHearsOfItsOwn() throws ProtocolException {
    send(first, 500);
    send(second, 700);
    send(first, 600);
    acknowledge(0, 1, 2);
    assertEquals(1_100, first.ackedBytes());
    assertEquals(700, second.ackedBytes());
  }

  @Test
  void theEndOfAStreamGoesWithTheRest() throws ProtocolException {
    MuxPair.write(first, 3_000);
    first.finish();
    send(second, 100);
    int[] all = java.util.stream.IntStream.range(0, sent.size()).toArray();
    acknowledge(all);
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
  }

  @Test
  void whatWasAcknowledgedIsNotSentAgain() throws ProtocolException {
    send(first, 5_000);
    pair.client.mux.onPacketAcked(sent.get(0).frames());
    pair.client.mux.onPacketAcked(sent.get(1).frames());
    // The same data was lost in other packets before: a probe repeats what is under way.
    pair.client.mux.onLost(sent.get(0).frames());
    pair.client.mux.onLost(sent.get(1).frames());
    pair.client.mux.onAckRead();
    assertFalse(pair.client.mux.hasPending());
  }
}
