package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.engine.schedule.Priority;
import dev.memux.netty.crypto.Libcrypto;
import dev.memux.tls.TlsServerConfig;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * What a packet full of data leaves on the heap, from one application's buffer to the other's, its
 * part of the acknowledgements included: two engines with libcrypto, and nothing between them.
 */
@EnabledOnOs(OS.LINUX) // elsewhere there may be no libcrypto
class BulkGarbageTest {
  /** Both ends together; each may have half of it. */
  private static final int MAX_BYTES_PER_PACKET = 32;

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int PACKET_BYTES = 1452;
  private static final int BATCHES_PER_TURN = 4;
  private static final long TURN_NANOS = 50_000;
  private static final long WARM_UP_PACKETS = 150_000;
  private static final long MEASURED_PACKETS = 100_000;
  private static final InetSocketAddress CLIENT = address(1111);
  private static final InetSocketAddress SERVER = address(2222);

  private final SendBatch batch = new SendBatch();
  private final ByteBuffer written = ByteBuffer.allocate(1 << 18);
  private final ByteBuffer read = ByteBuffer.allocateDirect(1 << 18);
  private final QuicEndpoint clientEndpoint = endpoint(null);
  private final QuicEndpoint serverEndpoint =
      endpoint(Loopback.serverTls(Loopback.CERTIFICATE, Loopback.ALPN));
  private long nowNanos = 1;
  private long packets;
  private @Nullable QuicConnection server;

  private final QuicConnection client =
      clientEndpoint.connect(
          Loopback.clientTls(Loopback.ALPN), Loopback.SERVER_NAME, SERVER, nowNanos);

  private static InetSocketAddress address(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static QuicEndpoint endpoint(@Nullable TlsServerConfig tls) {
    SecureRandom random = new SecureRandom();
    return new QuicEndpoint(
        QuicConfig.DEFAULT.withMaxDatagramBytes(PACKET_BYTES),
        tls,
        0,
        new byte[QuicEndpoint.ROUTING_KEY_BYTES],
        QuicEndpoint.newTokenKeys(random),
        Libcrypto.load("").newProtection(),
        random,
        MemoryBudget.UNLIMITED);
  }

  @Test
  void bulkLeavesNextToNoGarbage() {
    while (client.mux().openable(StreamType.BIDIRECTIONAL) == 0) {
      turn();
    }
    MuxStream stream =
        Objects.requireNonNull(
            client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL));
    send(stream, WARM_UP_PACKETS);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    long packetsBefore = packets;
    send(stream, MEASURED_PACKETS);
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    double perPacket = (double) bytes / (packets - packetsBefore);
    System.out.printf("bulk: %.1f bytes a packet on the heap, both ends together%n", perPacket);
    assertTrue(perPacket <= MAX_BYTES_PER_PACKET, () -> perPacket + " bytes a packet");
  }

  private void send(MuxStream stream, long count) {
    for (long end = packets + count; packets < end; ) {
      stream.write(written.clear());
      turn();
    }
  }

  private void turn() {
    nowNanos += TURN_NANOS;
    for (int i = 0; i < BATCHES_PER_TURN && client.transmit(batch, nowNanos); i++) {
      packets += batch.count();
      deliver(serverEndpoint, CLIENT);
    }
    QuicConnection theirs = server;
    if (theirs != null) {
      readAll(theirs);
      while (theirs.transmit(batch, nowNanos)) {
        deliver(clientEndpoint, SERVER);
      }
      theirs.onTimeout(nowNanos);
    }
    client.onTimeout(nowNanos);
  }

  private void deliver(QuicEndpoint to, InetSocketAddress from) {
    for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
      int length = Math.min(batch.segmentBytes(), batch.length() - at);
      QuicConnection known = to.receive(from, batch.buffer(), at, length, nowNanos);
      if (known != null && known.isServer()) {
        server = known;
      }
    }
  }

  private void readAll(QuicConnection connection) {
    for (MuxStream s; (s = connection.mux().pollStream()) != null; ) {
      s.takeEvents();
      while (s.read(read.clear()) > 0) {}
    }
  }
}
