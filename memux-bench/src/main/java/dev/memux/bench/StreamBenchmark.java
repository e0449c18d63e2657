package dev.memux.bench;

import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.Reassembly;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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

/** What a packet's worth of a stream's data costs in the stream's own buffers. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class StreamBenchmark {
  private static final int PACKETS = 48;
  private static final int PACKET_BYTES = 1452;
  private static final int DATA_BYTES = 1400;
  private static final int BUFFER_BYTES = 1 << 20;

  /** One in so many packets is late by a whole turn (receiving), or lost (sending); 0: none. */
  @Param({"0", "48", "6"})
  int oneIn;

  private final ChunkPool pool = new ChunkPool();
  private final Reassembly reassembly = new Reassembly(pool);
  private final SendStream stream = new SendStream(4, Long.MAX_VALUE, pool);
  private final FrameWriter writer = new FrameWriter();
  private final SentFrames sent = new SentFrames();
  private final byte[] packet = new byte[PACKET_BYTES];
  private final byte[] data = new byte[DATA_BYTES];
  private final ByteBuffer read = ByteBuffer.allocate(2 * PACKETS * DATA_BYTES);
  private final ByteBuffer written = ByteBuffer.allocate(PACKETS * DATA_BYTES);
  private long offset;

  /** Begins with what a connection has anyway: chunks in its pool. */
  @Setup
  public void warmPool() {
    reassembleAndRead();
    writeEmitAndBeAcked();
  }

  /** Data come, some after those behind them, and are read when all is there. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public int reassembleAndRead() {
    for (int i = 0; i < PACKETS; i++) {
      if (!isExceptional(i)) {
        reassembly.insert(offset + (long) i * DATA_BYTES, data, 0, DATA_BYTES);
      }
    }
    for (int i = 0; oneIn > 0 && i < PACKETS; i++) {
      if (isExceptional(i)) {
        reassembly.insert(offset + (long) i * DATA_BYTES, data, 0, DATA_BYTES);
      }
    }
    offset += (long) PACKETS * DATA_BYTES;
    return reassembly.read(read.clear());
  }

  /** Data are written, leave in frames, in part once more, and are acknowledged. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public long writeEmitAndBeAcked() {
    stream.write(written.clear(), BUFFER_BYTES);
    sent.clear();
    int frames = 0;
    while (emit()) {
      if (isExceptional(frames++)) {
        int last = sent.size() - 1;
        stream.onLost(sent.b(last), sent.c(last) >> 1, false);
      }
    }
    for (int i = 0; i < sent.size(); i++) {
      stream.onAcked(sent.b(i), sent.c(i) >> 1, false);
    }
    return stream.ackedTo();
  }

  private boolean emit() {
    writer.reset(packet, 0, DATA_BYTES + 16);
    return stream.emit(writer, sent, Long.MAX_VALUE) > 0;
  }

  private boolean isExceptional(int i) {
    return oneIn > 0 && i % oneIn == oneIn / 2;
  }
}
