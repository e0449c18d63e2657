package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.tls.EncryptionLevel;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Data from one application to the other leaves no garbage, whether packets get lost or not. */
class MuxAllocationTest implements FrameSink {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int FLIGHT = 16;
  private static final int MAX_BYTES_PER_STREAM = 3_000;

  private final ChunkPool pool = new ChunkPool();
  private final Mux client = new Mux(false, MuxConfig.DEFAULT, pool);
  private final Mux server = new Mux(true, MuxConfig.DEFAULT, pool);
  private final FrameWriter writer = new FrameWriter();
  private final FrameReader reader = new FrameReader();
  private final byte[][] packets = new byte[FLIGHT][1_200];
  private final SentFrames[] sent = new SentFrames[FLIGHT];
  private final ByteBuffer message = ByteBuffer.allocate(10_000);
  private final ByteBuffer read = ByteBuffer.allocate(20_000);
  private Mux receiver = server;
  private long carried;
  private long now;

  MuxAllocationTest() {
    client.onPeerParameters(MuxPair.parameters(MuxConfig.DEFAULT));
    server.onPeerParameters(MuxPair.parameters(MuxConfig.DEFAULT));
    for (int i = 0; i < FLIGHT; i++) {
      sent[i] = new SentFrames();
    }
  }

  @Test
  void aTransferAllocatesNothingPerPacket() throws ProtocolException {
    transferAllocatesNothing(0);
  }

  @Test
  void aTransferWithLossAllocatesNothingPerPacket() throws ProtocolException {
    transferAllocatesNothing(5);
  }

  private void transferAllocatesNothing(int lossEvery) throws ProtocolException {
    MuxStream[] streams = new MuxStream[10];
    for (int i = 0; i < streams.length; i++) {
      MuxStream stream = client.open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
      assertNotNull(stream);
      streams[i] = stream;
    }
    turns(streams, lossEvery, 3_000);
    allocatedBytes(); // the first call allocates
    long packetsBefore = carried;
    long before = allocatedBytes();
    turns(streams, lossEvery, 3_000);
    long bytes = allocatedBytes() - before;
    long count = carried - packetsBefore;
    assertTrue(count > 20_000, "packets " + count);
    // MAX_DATA and MAX_STREAM_DATA, one for hundreds of packets, are objects.
    assertTrue(bytes < count, bytes + " bytes for " + count + " packets");
  }

  private void turns(MuxStream[] streams, int lossEvery, int turns) throws ProtocolException {
    for (int i = 0; i < turns; i++) {
      streams[i % streams.length].write(message.clear());
      carry(client, server, lossEvery);
      readAll(server);
      carry(server, client, 0);
    }
  }

  @Test
  void aShortStreamLeavesLittleGarbageAndNoChunk() throws ProtocolException {
    // Four chunks of 4096 bytes would show: they come from the pool and go back to it.
    shortStreams(2_000);
    allocatedBytes();
    long before = allocatedBytes();
    shortStreams(2_000);
    long bytes = (allocatedBytes() - before) / 2_000;
    assertTrue(bytes < MAX_BYTES_PER_STREAM, bytes + " bytes for both ends of a stream");
    assertEquals(0, client.streamCount());
    assertEquals(0, server.streamCount());
  }

  private void shortStreams(int count) throws ProtocolException {
    for (int i = 0; i < count; i++) {
      MuxStream stream = client.open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
      assertNotNull(stream);
      stream.write(message.clear().limit(500));
      stream.finish();
      carry(client, server, 0);
      readAll(server);
      carry(server, client, 0);
      readAll(client);
      carry(client, server, 0);
    }
  }

  private void readAll(Mux mux) {
    for (MuxStream s = mux.pollStream(); s != null; s = mux.pollStream()) {
      if ((s.takeEvents() & MuxStream.READABLE) != 0) {
        while (s.read(read.clear()) > 0) {}
        if (s.isFinished() && s.isWritable()) {
          s.write(message.clear().limit(500));
          s.finish();
        }
      }
    }
  }

  /**
   * Sends everything in flights; every n-th packet is lost, and said to be when the next arrive.
   */
  private void carry(Mux from, Mux to, int lossEvery) throws ProtocolException {
    receiver = to;
    int count = 0;
    while (from.hasPending() && count < FLIGHT) {
      writer.reset(packets[count], 0, 1_200);
      sent[count].clear();
      from.fill(writer, sent[count], now++);
      int length = writer.position();
      carried++;
      if (lossEvery == 0 || carried % lossEvery != 0) {
        reader.read(packets[count], 0, length, EncryptionLevel.APPLICATION, this);
      } else {
        sent[count].add(SentFrames.Kind.PING); // marks it as lost
      }
      count++;
    }
    for (int i = count - 1; i >= 0; i--) {
      if (sent[i].kind(sent[i].size() - 1) == SentFrames.Kind.PING) {
        from.onLost(sent[i]);
      } else {
        from.onAcked(sent[i]);
      }
    }
  }

  @Override
  public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    receiver.onStream(id, offset, data, from, length, fin);
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes) {
    throw new AssertionError();
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    throw new AssertionError();
  }

  @Override
  public void onAck(AckFrame ack) {
    throw new AssertionError();
  }

  @Override
  public void onControl(ControlFrame frame) throws ProtocolException {
    receiver.onControl(frame);
  }

  private static long allocatedBytes() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }
}
