package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.CountedBudget;
import dev.memux.engine.wire.ProtocolException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Streams that carry what a source hands out, when they are served. */
class StreamSourceTest {
  private static final int PLENTY = 1 << 20;

  /**
   * Hands out the bytes of {@link MuxPair#data}, of one stream, in records as large as preferred.
   */
  private static final class Source implements StreamSource {
    private final long id;
    private long left;
    private long filled;
    private int records;
    private boolean ended;

    /** No record is smaller, but for the last. */
    private int leastBytes;

    Source(long id, long bytes) {
      this.id = id;
      this.left = bytes;
    }

    @Override
    public boolean hasPending() {
      return left > 0;
    }

    @Override
    public int fill(byte[] target, int preferredBytes, long nowNanos) {
      assertTrue(preferredBytes <= target.length, preferredBytes + " bytes");
      int length = (int) Math.min(left, Math.max(preferredBytes, leastBytes));
      for (int i = 0; i < length; i++) {
        target[i] = MuxPair.at(id, filled + i);
      }
      filled += length;
      left -= length;
      records++;
      return length;
    }

    @Override
    public boolean isEnded() {
      return ended && left == 0;
    }
  }

  private static MuxStream carrying(MuxPair pair, Source source) {
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    stream.carry(source);
    return stream;
  }

  private static MuxPair roomy() {
    return new MuxPair(MuxConfig.DEFAULT);
  }

  @Test
  void aRecordIsAskedForWhenTheStreamIsServedAndNoEarlier() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, PLENTY);
    carrying(pair, source);
    assertEquals(0, source.records);
    for (int packets = 1; packets <= 20; packets++) {
      MuxPair.Packet packet = pair.client.transmit();
      packet.deliver();
      packet.acknowledge();
      assertEquals(packets, source.records);
    }
    MuxStream far = pair.server.mux.pollStream();
    assertEquals(source.filled, far.readableBytes(), "nothing of it waits in the stream");
    assertTrue(source.filled > 20 * (MuxPair.PACKET - 20), source.filled + " bytes");
  }

  @Test
  void whatIsMoreUrgentGoesFirstThoughTheSourceHadMore() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, PLENTY);
    carrying(pair, source);
    pair.client.transmit();
    long before = source.filled;
    MuxStream urgent = pair.client.open(UNIDIRECTIONAL, new Priority(0, true));
    MuxPair.write(urgent, 3 * MuxPair.PACKET);
    pair.client.transmit();
    pair.client.transmit();
    assertEquals(before, source.filled);
  }

  @Test
  void aRecordThatIsLongerThanItsPacketGoesOnInTheNext() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, 12_000);
    source.leastBytes = 4_000;
    carrying(pair, source);
    for (int packets = 1; packets <= 4; packets++) {
      pair.client.transmit().deliver();
      assertEquals(packets < 4 ? 1 : 2, source.records);
    }
    pair.exchange();
    assertEquals(12_000, pair.server.mux.pollStream().readableBytes());
  }

  @Test
  void equalStreamsWithSourcesAndWithoutSharePackets() throws ProtocolException {
    MuxPair pair = roomy();
    Source first = new Source(2, PLENTY);
    carrying(pair, first);
    Source second = new Source(6, PLENTY);
    carrying(pair, second);
    MuxStream plain = pair.client.open(UNIDIRECTIONAL);
    MuxPair.write(plain, PLENTY);
    for (int i = 0; i < 150; i++) {
      MuxPair.Packet packet = pair.client.transmit();
      packet.deliver();
      packet.acknowledge();
    }
    long third = (first.filled + second.filled + plain.ackedBytes()) / 3;
    for (long share : List.of(first.filled, second.filled, plain.ackedBytes())) {
      assertTrue(Math.abs(share - third) <= 2 * MuxPair.PACKET, share + " of " + 3 * third);
    }
  }

  @Test
  void whatWasWrittenBeforeGoesFirstAndTheSourcesEndIsTheStreams() throws ProtocolException {
    MuxPair pair = roomy();
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    stream.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    Source source = new Source(2, 5_000);
    stream.carry(source);
    assertFalse(stream.isWritable());
    assertThrows(IllegalStateException.class, () -> stream.write(ByteBuffer.allocate(1)));
    assertThrows(IllegalStateException.class, () -> stream.carry(source));
    pair.exchange();
    source.ended = true;
    stream.onSourceChanged();
    pair.exchange();
    MuxStream far = pair.server.mux.pollStream();
    ByteBuffer received = ByteBuffer.allocate(6_000);
    while (far.read(received) > 0) {}
    assertTrue(far.isFinished());
    ByteBuffer expected = ByteBuffer.allocate(5_003).put(new byte[] {1, 2, 3});
    expected.put(MuxPair.data(2, 0, 5_000)).flip();
    assertEquals(expected, received.flip());
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
    stream.onSourceChanged(); // too late, and no harm
  }

  @Test
  void anEndThatComesWithTheLastRecordNeedsNoFurtherWord() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, 100);
    source.ended = true;
    carrying(pair, source);
    pair.exchange();
    assertEquals(List.of("STREAM 2 0+100 FIN"), pair.client.log);
  }

  @Test
  void aSourceThatHasNothingAfterAllNeitherSpinsNorHoldsUpOthers() throws ProtocolException {
    MuxPair pair = roomy();
    int[] asked = {0};
    MuxStream dry = pair.client.open(UNIDIRECTIONAL);
    dry.carry(
        new StreamSource() {
          @Override
          public boolean hasPending() {
            return true;
          }

          @Override
          public int fill(byte[] target, int preferredBytes, long nowNanos) {
            asked[0]++;
            return 0;
          }

          @Override
          public boolean isEnded() {
            return false;
          }
        });
    MuxPair.write(pair.client.open(UNIDIRECTIONAL), 10);
    pair.exchange();
    assertEquals(List.of("STREAM 6 0+10"), pair.client.log);
    assertEquals(1, asked[0]);
    assertFalse(pair.client.mux.hasPending());
    dry.onSourceChanged();
    assertNull(pair.client.transmit(MuxPair.PACKET));
    assertEquals(2, asked[0]);
  }

  /** RFC 9000 §4.1: what the peer's credit holds up waits, and it is no more than one record. */
  @Test
  void atMostOneRecordWaitsForThePeersCredit() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT, MuxPair.config(100, PLENTY, 10, 10));
    Source source = new Source(2, PLENTY);
    MuxStream stream = carrying(pair, source);
    pair.exchange();
    assertTrue(source.filled <= MuxPair.PACKET);
    assertEquals(1, source.records);
    MuxStream far = pair.server.mux.pollStream();
    long read = 0;
    for (int i = 0; i < 60; i++) {
      read += MuxPair.drain(far);
      pair.exchange();
      assertTrue(source.filled - stream.ackedBytes() <= MuxPair.PACKET);
    }
    assertTrue(read > 4 * MuxPair.PACKET, read + " bytes, 100 at a time");
  }

  @Test
  void whatThereIsNoMemoryForIsSentWhenThereIs() throws ProtocolException {
    CountedBudget budget = new CountedBudget(64 << 10);
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT, MuxConfig.DEFAULT, new ChunkPool(budget));
    MuxStream stream = pair.server.open(UNIDIRECTIONAL);
    Source source = new Source(3, 20_000);
    stream.carry(source);
    long others = budget.sendLimit() - budget.heldBytes();
    budget.add(others);
    pair.exchange();
    assertEquals(List.of(), pair.server.log);
    assertEquals(1, source.records);
    assertTrue(pair.server.mux.isAwaitingMemory());
    budget.add(-others);
    pair.server.mux.onMemoryAvailable();
    source.ended = true;
    stream.onSourceChanged();
    pair.exchange();
    MuxStream far = pair.client.mux.pollStream();
    ByteBuffer target = ByteBuffer.allocate(30_000);
    while (far.read(target) > 0) {}
    assertTrue(far.isFinished());
    assertEquals(MuxPair.data(3, 0, 20_000), target.flip());
  }

  @Test
  void aStreamThatIsResetAsksNoMore() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, PLENTY);
    MuxStream stream = carrying(pair, source);
    pair.client.transmit();
    stream.reset(7);
    int before = source.records;
    pair.exchange();
    assertEquals(before, source.records);
    assertTrue(
        pair.client.log.getLast().startsWith("RESET_STREAM 2 7 "), pair.client.log::toString);
  }

  /** What was lost is sent again from the stream: the source is asked for everything once. */
  @Test
  void aLostPacketIsRepeatedBeforeTheNextRecord() throws ProtocolException {
    MuxPair pair = roomy();
    Source source = new Source(2, 10_000);
    source.ended = true;
    carrying(pair, source);
    for (int i = 0; i < 3; i++) {
      pair.client.transmit().lose();
    }
    pair.exchange();
    MuxStream far = pair.server.mux.pollStream();
    ByteBuffer target = ByteBuffer.allocate(10_001);
    while (far.read(target) > 0) {}
    assertTrue(far.isFinished());
    assertEquals(MuxPair.data(2, 0, 10_000), target.flip());
  }
}
