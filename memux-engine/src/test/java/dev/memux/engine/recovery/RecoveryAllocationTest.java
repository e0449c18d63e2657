package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.memux.engine.congestion.Bbr;
import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.congestion.Cubic;
import dev.memux.engine.congestion.Pacer;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sending, acknowledging, losing and receiving in the steady state allocate nothing. */
class RecoveryAllocationTest implements RecoveryListener {
  private static final int DATAGRAM = 1200;
  private static final int FLIGHT = 64;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Recovery recovery = recovery(new Cubic(DATAGRAM));
  private final Pacer pacer = new Pacer(DATAGRAM);
  private final AckFrame ack = new AckFrame();
  private final SentFrames frames = new SentFrames();
  private long next;
  private long now;
  private long reported;

  private Recovery recovery(CongestionController congestion) {
    return new Recovery(true, congestion, new DatagramSizeSearch(DATAGRAM, DATAGRAM), this);
  }

  @Test
  void aSenderAllocatesNothing() throws ProtocolException {
    sendWithoutAllocation();
  }

  @Test
  void aSenderThatMeasuresRatesAllocatesNothing() throws ProtocolException {
    recovery = recovery(new Bbr(DATAGRAM, new Random(1)));
    sendWithoutAllocation();
  }

  private void sendWithoutAllocation() throws ProtocolException {
    recovery.onHandshakeConfirmed();
    allocatedBytes(); // the first call allocates
    long allocated = 1;
    int flights = 0;
    // The compiler, too, allocates now and then, when it gives up an assumption.
    for (int attempt = 0; attempt < 5 && allocated > 0; attempt++) {
      long before = allocatedBytes();
      for (int i = 0; i < 2000; i++) {
        roundTrip();
      }
      allocated = flights == 0 ? 1 : allocatedBytes() - before; // the first warm up
      flights += 2000;
    }
    assertEquals(0, allocated);
    // The lost packets are acknowledged late, in the next flight's frames.
    assertEquals(flights / 8, recovery.packetsLost());
    assertEquals(flights / 8, recovery.spuriousLosses());
    assertEquals((long) flights * FLIGHT + flights / 8, reported);
  }

  @Test
  void aReceiverAllocatesNothing() {
    ReceivedPackets received = new ReceivedPackets(PacketSpace.APPLICATION, 25_000_000);
    FrameWriter writer = new FrameWriter();
    byte[] packet = new byte[DATAGRAM];
    SentFrames sent = new SentFrames();
    receive(received, writer, packet, sent, 0);
    allocatedBytes(); // the first call allocates
    long before = allocatedBytes();
    receive(received, writer, packet, sent, 1_000_000);
    assertEquals(0, allocatedBytes() - before);
  }

  /** A flight with a packet lost now and then, acknowledged in several frames. */
  private void roundTrip() throws ProtocolException {
    long first = next;
    boolean lossy = first / FLIGHT % 8 == 0;
    for (int i = 0; i < FLIGHT; i++) {
      frames.clear();
      frames.add(SentFrames.Kind.STREAM, 4, next * 1000, 1000);
      recovery.onPacketSent(PacketSpace.APPLICATION, next++, DATAGRAM, true, true, frames, now);
      pacer.onRate(recovery.pacingBytesPerNano());
      pacer.delayUntilNanos(now, DATAGRAM);
      pacer.onSent(DATAGRAM);
      now += 1000;
    }
    now += 50_000_000;
    for (int i = 8; i <= FLIGHT; i += 8) {
      ack.reset(0);
      if (lossy && i > 16) {
        ack.addRange(first + 16, first + i - 1);
        ack.addRange(first, first + 14);
      } else if (lossy && i == 16) {
        ack.addRange(first, first + 14);
      } else {
        ack.addRange(Math.max(0, first + i - 100), first + i - 1);
      }
      recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, now);
    }
  }

  private static void receive(
      ReceivedPackets received, FrameWriter writer, byte[] packet, SentFrames sent, long from) {
    for (long n = from; n < from + 100_000; n++) {
      if (n % 50 == 0 || received.isDuplicate(n)) {
        continue;
      }
      received.onReceived(n, true, n * 1000);
      if (received.ackDue(n * 1000)) {
        sent.clear();
        writer.reset(packet, 0, DATAGRAM);
        received.writeAck(writer, n * 1000, 3, sent);
      }
      if (n % 1000 == 0) {
        received.onAckAcknowledged(n - 500);
      }
    }
  }

  private static long allocatedBytes() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }

  @Override
  public void onFramesAcked(PacketSpace space, SentFrames frames) {
    reported++;
  }

  @Override
  public void onAckRead() {}

  @Override
  public void onFramesLost(PacketSpace space, SentFrames frames) {
    reported++;
  }

  @Override
  public void onFramesProbed(PacketSpace space, SentFrames frames) {
    throw new AssertionError("no probe was due");
  }
}
