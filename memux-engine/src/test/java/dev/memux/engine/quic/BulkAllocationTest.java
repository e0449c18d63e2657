package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.tls.TlsServerConfig;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What the engine allocates for a packet full of data, from one application's buffer to the
 * other's, its part of the acknowledgements included. The cipher is left out.
 */
class BulkAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int PACKET_BYTES = 1452;
  private static final int WARM_UP_PACKETS = 150_000;
  private static final int PACKETS = 50_000;
  private static final long TURN_NANOS = 50_000;

  /** What a loop takes from its socket, or gives to it, in a turn. */
  private static final int BATCHES_PER_TURN = 4;

  /**
   * What is done for a batch of dozens of packets, or for a window, may make an object; and some of
   * the code may not have been compiled well yet.
   */
  private static final int MAX_BYTES_PER_PACKET = 8;

  private final QuicEndpoint clientEndpoint = endpoint(null);
  private final QuicEndpoint serverEndpoint = endpoint(ConnectedPair.serverTls("test"));
  private final SendBatch batch = new SendBatch();
  private final ByteBuffer written = ByteBuffer.allocate(1 << 18);
  private final ByteBuffer read = ByteBuffer.allocate(1 << 18);
  private final QuicConnection client =
      clientEndpoint.connect(
          ConnectedPair.clientTls("test"), "localhost", ConnectedPair.SERVER_ADDRESS, 0);
  private @Nullable QuicConnection server;
  private long nowNanos;
  private long packets;
  private long senderBytes;
  private long receiverBytes;

  private static QuicEndpoint endpoint(@Nullable TlsServerConfig tls) {
    SecureRandom random = new SecureRandom();
    return new QuicEndpoint(
        QuicConfig.DEFAULT.withMaxDatagramBytes(PACKET_BYTES),
        tls,
        0,
        new byte[QuicEndpoint.ROUTING_KEY_BYTES],
        QuicEndpoint.newTokenKeys(random),
        new NoProtection(),
        random,
        MemoryBudget.UNLIMITED);
  }

  @Test
  void bulkDataLeavesNoGarbageAtEitherEnd() {
    MuxStream stream = open();
    carry(stream, WARM_UP_PACKETS);
    senderBytes = 0;
    receiverBytes = 0;
    carry(stream, PACKETS);
    System.out.printf(
        "bulk, bytes allocated for %d packets: sender %d, receiver %d%n",
        PACKETS, senderBytes, receiverBytes);
    assertTrue(senderBytes < MAX_BYTES_PER_PACKET * PACKETS, "sender: " + senderBytes);
    assertTrue(receiverBytes < MAX_BYTES_PER_PACKET * PACKETS, "receiver: " + receiverBytes);
  }

  private MuxStream open() {
    MuxStream stream = null;
    while (stream == null) {
      turn();
      stream = client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    }
    return stream;
  }

  private void carry(MuxStream stream, long count) {
    long end = packets + count;
    while (packets < end) {
      long before = allocatedBytes();
      stream.write(written.clear());
      senderBytes += allocatedBytes() - before;
      turn();
    }
  }

  private void turn() {
    nowNanos += TURN_NANOS;
    for (int i = 0; i < BATCHES_PER_TURN && transmit(client); i++) {
      packets += batch.count();
      receiverBytes += deliver(serverEndpoint, ConnectedPair.CLIENT_ADDRESS);
    }
    QuicConnection theirs = server;
    if (theirs == null) {
      return;
    }
    receiverBytes += read(theirs);
    while (transmit(theirs)) {
      senderBytes += deliver(clientEndpoint, ConnectedPair.SERVER_ADDRESS);
    }
    senderBytes += read(client);
  }

  private boolean transmit(QuicConnection from) {
    long before = allocatedBytes();
    from.onTimeout(nowNanos);
    boolean sent = from.transmit(batch, nowNanos);
    long bytes = allocatedBytes() - before;
    if (from == client) {
      senderBytes += bytes;
    } else {
      receiverBytes += bytes;
    }
    return sent;
  }

  private long deliver(QuicEndpoint to, InetSocketAddress from) {
    long before = allocatedBytes();
    for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
      int length = Math.min(batch.segmentBytes(), batch.length() - at);
      QuicConnection known = to.receive(from, batch.buffer(), at, length, nowNanos);
      if (known != null && known.isServer()) {
        server = known;
      }
    }
    return allocatedBytes() - before;
  }

  private long read(QuicConnection connection) {
    long before = allocatedBytes();
    for (MuxStream s; (s = connection.mux().pollStream()) != null; ) {
      s.takeEvents();
      while (s.readableBytes() > 0 && s.read(read.clear()) > 0) {}
    }
    return allocatedBytes() - before;
  }

  private static long allocatedBytes() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }
}
