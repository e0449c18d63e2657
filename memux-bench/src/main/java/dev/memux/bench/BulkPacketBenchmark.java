package dev.memux.bench;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.engine.schedule.Priority;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a packet full of data costs both ends together, from one application's buffer to the
 * other's, its part of the acknowledgements included: two engines with nothing between them but an
 * array. The cipher is in it; sockets, loops and queues are not.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class BulkPacketBenchmark {
  private static final int PACKETS = 1000;
  private static final int PACKET_BYTES = 1452;

  /** What a loop takes from its socket, or gives to it, in a turn. */
  private static final int BATCHES_PER_TURN = 4;

  private static final long TURN_NANOS = 50_000;

  private static final InetSocketAddress CLIENT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1111);
  private static final InetSocketAddress SERVER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 2222);

  /** Streams that send at once. */
  @Param({"1", "100"})
  int streamCount;

  private final SecureRandom random = new SecureRandom();
  private final SendBatch batch = new SendBatch();
  private final ByteBuffer written = ByteBuffer.allocate(1 << 18);
  private final ByteBuffer read = ByteBuffer.allocateDirect(1 << 18);
  private final List<MuxStream> streams = new ArrayList<>();
  private final QuicEndpoint clientEndpoint;
  private final QuicEndpoint serverEndpoint;
  private final QuicConnection client;
  private @Nullable QuicConnection server;
  private long nowNanos = 1;
  private long packets;

  /** The client knows of the server; the handshake begins with the first turn. */
  public BulkPacketBenchmark() {
    X509Bundle certificate = newCertificate();
    List<X509Certificate> chain = List.of(certificate.getCertificate());
    TlsServerConfig serverTls =
        TlsServerConfig.builder()
            .applicationProtocols("bench")
            .credentials(new TlsCredentials(chain, certificate.getKeyPair().getPrivate()))
            .build();
    TlsClientConfig clientTls =
        TlsClientConfig.builder().applicationProtocols("bench").trustedCertificates(chain).build();
    QuicConfig config = QuicConfig.DEFAULT.withMaxDatagramBytes(PACKET_BYTES);
    clientEndpoint = new QuicEndpoint(config, null, 0, new byte[16], random);
    serverEndpoint = new QuicEndpoint(config, serverTls, 0, new byte[16], random);
    client = clientEndpoint.connect(clientTls, "localhost", SERVER, nowNanos);
  }

  private static X509Bundle newCertificate() {
    try {
      return new CertificateBuilder()
          .subject("CN=localhost")
          .addSanDnsName("localhost")
          .ecp256()
          .setIsCertificateAuthority(true)
          .buildSelfSigned();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Connects, and opens the streams. */
  @Setup
  public void connect() {
    while (client.mux().openable(StreamType.BIDIRECTIONAL) < streamCount) {
      turn();
    }
    for (int i = 0; i < streamCount; i++) {
      streams.add(
          Objects.requireNonNull(
              client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL)));
    }
  }

  /** So many packets from the client to the server. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public void packet() {
    long end = packets + PACKETS;
    while (packets < end) {
      for (MuxStream stream : streams) {
        stream.write(written.clear());
      }
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
      readAll(client);
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
