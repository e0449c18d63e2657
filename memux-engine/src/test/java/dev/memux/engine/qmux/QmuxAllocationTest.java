package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data from one application to the other leaves no garbage, however records come in pieces. */
class QmuxAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int MAX_BYTES_PER_STREAM = 3_000;

  private final QmuxPair pair = QmuxPair.established(QmuxConfig.DEFAULT);
  private final byte[] buffer = new byte[1 << 15];
  private final ByteBuffer message = ByteBuffer.allocate(10_000);
  private final ByteBuffer read = ByteBuffer.allocate(20_000);
  private int pieceBytes = Integer.MAX_VALUE;
  private long records;

  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, 1000, 1})
  void aTransferAllocatesNothingPerRecord(int bytes) {
    pieceBytes = bytes;
    pair.client.connection.preferRecordBytes(1200);
    pair.server.connection.preferRecordBytes(1200);
    MuxStream[] streams = new MuxStream[10];
    for (int i = 0; i < streams.length; i++) {
      streams[i] = pair.client.open(StreamType.BIDIRECTIONAL);
    }
    turns(streams, 1_000);
    allocatedBytes(); // the first call allocates
    long recordsBefore = records;
    long before = allocatedBytes();
    turns(streams, 1_000);
    long allocated = allocatedBytes() - before;
    long count = records - recordsBefore;
    assertTrue(count > 8_000, "records " + count);
    // MAX_DATA and MAX_STREAM_DATA, one for hundreds of records, are objects.
    assertTrue(allocated < count, allocated + " bytes for " + count + " records");
  }

  private void turns(MuxStream[] streams, int turns) {
    for (int i = 0; i < turns; i++) {
      streams[i % streams.length].write(message.clear());
      carry(pair.client, pair.server);
      readAll(pair.server);
      carry(pair.server, pair.client);
      readAll(pair.client);
    }
  }

  @Test
  void aShortStreamLeavesAsLittleGarbageAsOverQuic() {
    shortStreams(2_000);
    allocatedBytes();
    long before = allocatedBytes();
    shortStreams(2_000);
    long bytes = (allocatedBytes() - before) / 2_000;
    assertTrue(bytes < MAX_BYTES_PER_STREAM, bytes + " bytes for both ends of a stream");
    assertEquals(0, pair.client.connection.mux().streamCount());
    assertEquals(0, pair.server.connection.mux().streamCount());
  }

  private void shortStreams(int count) {
    for (int i = 0; i < count; i++) {
      MuxStream stream = pair.client.open(StreamType.BIDIRECTIONAL);
      stream.write(message.clear().limit(500));
      stream.finish();
      carry(pair.client, pair.server);
      readAll(pair.server);
      carry(pair.server, pair.client);
      readAll(pair.client);
    }
    pair.client.pollEvents();
    pair.client.events.clear(); // StreamsAvailable
  }

  private static final ByteBuffer RESPONSE = ByteBuffer.allocate(500);

  private void readAll(QmuxPair.Side side) {
    for (MuxStream s = side.connection.mux().pollStream();
        s != null;
        s = side.connection.mux().pollStream()) {
      if ((s.takeEvents() & MuxStream.READABLE) != 0) {
        while (s.read(read.clear()) > 0) {}
        if (s.isFinished() && s.isWritable()) {
          s.write(RESPONSE.clear());
          s.finish();
        }
      }
    }
  }

  private void carry(QmuxPair.Side from, QmuxPair.Side to) {
    pair.nowNanos += 1_000_000;
    while (true) {
      int length = from.connection.transmit(buffer, 0, buffer.length, pair.nowNanos);
      if (length == 0) {
        return;
      }
      records++;
      for (int at = 0; at < length; at += pieceBytes) {
        int piece = Math.min(pieceBytes, length - at);
        to.connection.receive(buffer, at, piece, pair.nowNanos);
        if (pieceBytes == Integer.MAX_VALUE) {
          break;
        }
      }
    }
  }

  private static long allocatedBytes() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }
}
