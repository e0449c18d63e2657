package dev.memux.bench;

import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.recovery.DatagramSizeSearch;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.ReceivedPackets;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.recovery.RecoveryListener;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
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

/**
 * What it costs, for each packet, to remember it until its acknowledgement, and to acknowledge it:
 * both ends' bookkeeping at a steady pace, a batch of packets and an ACK frame for it in turn.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class RecoveryBenchmark {
  private static final int BATCH = 64;
  private static final int PACKET_BYTES = 1452;
  private static final long TURN_NANOS = 50_000;
  private static final long ACK_DELAY_NANOS = 10_000;
  private static final long MAX_ACK_DELAY_NANOS = 25_000_000;
  private static final int ACK_DELAY_EXPONENT = 3;

  /** Packets of a batch that never arrive, spread over it: loss detection finds them. */
  @Param({"0", "1", "8"})
  int lost;

  private final AckFrame ack = new AckFrame();
  private final FrameWriter writer = new FrameWriter();
  private final byte[] payload = new byte[PACKET_BYTES];
  private final SentFrames acks = new SentFrames();
  private final SentFrames frames = new SentFrames();
  private final Told told = new Told();
  private final Recovery recovery =
      new Recovery(
          true,
          new NewReno(PACKET_BYTES),
          new DatagramSizeSearch(PACKET_BYTES, PACKET_BYTES),
          told);
  private final ReceivedPackets received =
      new ReceivedPackets(PacketSpace.APPLICATION, MAX_ACK_DELAY_NANOS);
  private long nowNanos = 1;
  private long nextSent;
  private long nextReceived;

  /** As after a handshake. */
  @Setup
  public void confirm() {
    recovery.onHandshakeKeys(true);
    recovery.discard(PacketSpace.INITIAL, nowNanos);
    recovery.discard(PacketSpace.HANDSHAKE, nowNanos);
    recovery.onHandshakeConfirmed();
  }

  /** The sender: packets leave, their acknowledgement comes, and those not in it are lost. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long sendAndBeAcknowledged() throws ProtocolException {
    long first = nextSent;
    for (int i = 0; i < BATCH; i++) {
      frames.clear();
      frames.add(SentFrames.Kind.STREAM, 4, nextSent * PACKET_BYTES, (long) PACKET_BYTES << 1);
      recovery.onPacketSent(
          PacketSpace.APPLICATION, nextSent++, PACKET_BYTES, true, true, frames, nowNanos);
    }
    nowNanos += TURN_NANOS;
    ack.reset(0);
    long top = nextSent - 1;
    for (int i = 0; i < lost; i++) { // from the top down, a hole in each part
      long hole = top - BATCH / (lost + 1);
      ack.addRange(hole + 1, top);
      top = hole - 1;
    }
    ack.addRange(first, top);
    recovery.onAckReceived(PacketSpace.APPLICATION, ack, ACK_DELAY_NANOS, nowNanos);
    return recovery.deadlineNanos() + told.frames;
  }

  /** The receiver: packets come, but for the lost ones, and an ACK frame is written for them. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long receiveAndAcknowledge() {
    nowNanos += TURN_NANOS;
    for (int i = 0; i < BATCH; i++, nextReceived++) {
      boolean arrives = lost == 0 || i % (BATCH / lost) != 1;
      if (arrives && !received.isDuplicate(nextReceived)) {
        received.onReceived(nextReceived, true, nowNanos);
      }
    }
    writer.reset(payload, 0, payload.length);
    acks.clear();
    received.writeAck(writer, nowNanos, ACK_DELAY_EXPONENT, acks);
    received.onAckAcknowledged(nextReceived - BATCH); // the one before
    return writer.position();
  }

  /** What frames' owners would be told. */
  private static final class Told implements RecoveryListener {
    private long frames;

    @Override
    public void onFramesAcked(PacketSpace space, SentFrames frames) {
      this.frames += frames.size();
    }

    @Override
    public void onAckRead() {
      frames++;
    }

    @Override
    public void onFramesLost(PacketSpace space, SentFrames frames) {
      this.frames += frames.size();
    }

    @Override
    public void onFramesProbed(PacketSpace space, SentFrames frames) {
      this.frames += frames.size();
    }
  }
}
