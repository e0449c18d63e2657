package dev.memux.bench;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.RangeSet;
import dev.memux.tls.EncryptionLevel;
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

/** What frames cost to write and to read, without what they stand for. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class FrameCodecBenchmark implements FrameSink {
  private static final int PAYLOAD_BYTES = 1425;
  private static final int SMALL_BYTES = 64;
  private static final int SMALL_FRAMES = 16;

  /** Of an ACK frame. */
  @Param({"1", "5", "64"})
  int ranges;

  private final FrameReader reader = new FrameReader();
  private final FrameWriter writer = new FrameWriter();
  private final RangeSet received = new RangeSet();
  private final byte[] data = new byte[PAYLOAD_BYTES];
  private final byte[] ack = new byte[PAYLOAD_BYTES];
  private int ackBytes;
  private final byte[] streams = new byte[PAYLOAD_BYTES];
  private int streamsBytes;
  private final byte[] target = new byte[PAYLOAD_BYTES];
  private long offset;
  private long seen;

  /** Packets of each kind, for the reader. */
  @Setup
  public void encode() {
    for (int i = 0; i < ranges; i++) {
      received.add(1000 + 10L * i, 1000 + 10L * i + 7);
    }
    ackBytes = writeAck(ack);
    streamsBytes = writeStreams(streams);
    offset = 1L << 20;
    writeBulk(data);
  }

  /** A packet full of one stream's data, of which only the frame's head is written. */
  @Benchmark
  public int writeBulk() {
    offset = (offset + PAYLOAD_BYTES) & 0x3fff_ffffL;
    return writeBulk(target);
  }

  private int writeBulk(byte[] to) {
    writer.reset(to, 0, to.length);
    return writer.stream(4, offset, 1 << 20, false);
  }

  /** The same, read. */
  @Benchmark
  public long readBulk() throws ProtocolException {
    reader.read(data, 0, data.length, EncryptionLevel.APPLICATION, this);
    return seen;
  }

  /** One of many small frames in a packet, each of a stream of its own. */
  @Benchmark
  @OperationsPerInvocation(SMALL_FRAMES)
  public int writeSmall() {
    return writeStreams(target);
  }

  private int writeStreams(byte[] to) {
    writer.reset(to, 0, to.length);
    for (int i = 0; i < SMALL_FRAMES; i++) {
      writer.advance(writer.stream(4L * i, 0, SMALL_BYTES, true));
    }
    return writer.position();
  }

  /** The same, read. */
  @Benchmark
  @OperationsPerInvocation(SMALL_FRAMES)
  public long readSmall() throws ProtocolException {
    reader.read(streams, 0, streamsBytes, EncryptionLevel.APPLICATION, this);
    return seen;
  }

  /** An ACK frame with so many ranges. */
  @Benchmark
  public int writeAck() {
    return writeAck(target);
  }

  private int writeAck(byte[] to) {
    writer.reset(to, 0, to.length);
    writer.ack(received, 25);
    return writer.position();
  }

  /** The same, read. */
  @Benchmark
  public long readAck() throws ProtocolException {
    reader.read(ack, 0, ackBytes, EncryptionLevel.APPLICATION, this);
    return seen;
  }

  @Override
  public void onStream(long id, long at, byte[] payload, int from, int length, boolean fin) {
    seen += id + at + from + length;
  }

  @Override
  public void onDatagram(byte[] payload, int from, int length, int frameBytes) {
    seen += length;
  }

  @Override
  public void onCrypto(long at, byte[] payload, int from, int length) {
    seen += length;
  }

  @Override
  public void onAck(AckFrame frame) {
    seen += frame.smallest(frame.rangeCount() - 1);
  }

  @Override
  public void onControl(ControlFrame frame) {
    seen++;
  }
}
