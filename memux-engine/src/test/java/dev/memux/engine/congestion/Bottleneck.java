package dev.memux.engine.congestion;

import dev.memux.engine.recovery.DatagramSizeSearch;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.recovery.RecoveryListener;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.RangeSet;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Bulk senders with full recovery and pacing that share one link with a tail-drop queue, in virtual
 * time.
 */
final class Bottleneck {
  static final int DATAGRAM = 1200;
  static final long MS = 1_000_000;
  static final long SECOND = 1_000_000_000;
  private static final long MAX_ACK_DELAY = 25 * MS;

  private record Event(long nanos, long order, Runnable action) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::nanos).thenComparingLong(Event::order));
  private double bytesPerNano;
  private final int queueBytes;
  private final List<Flow> flows = new ArrayList<>();
  private long now;
  private long order;
  private long linkFreeNanos;

  /**
   * @param queueBytes what may wait for the link
   */
  Bottleneck(int megabits, int queueBytes) {
    this.bytesPerNano = megabits / 8e3;
    this.queueBytes = queueBytes;
  }

  Flow add(CongestionController controller, long rttNanos, long startNanos) {
    Flow flow = new Flow(controller, rttNanos);
    flows.add(flow);
    at(startNanos, flow::send);
    return flow;
  }

  /** Another rate, from now on. */
  void megabits(int megabits) {
    bytesPerNano = megabits / 8e3;
  }

  long now() {
    return now;
  }

  void runUntil(long nanos) {
    while (!events.isEmpty() && events.peek().nanos <= nanos) {
      Event event = events.remove();
      now = event.nanos;
      event.action.run();
    }
    now = nanos;
  }

  private void at(long nanos, Runnable action) {
    events.add(new Event(nanos, order++, action));
  }

  final class Flow implements RecoveryListener {
    final Recovery recovery;
    final CongestionController controller;
    private final Pacer pacer = new Pacer(DATAGRAM);
    private final long rttNanos;
    private final RangeSet received = new RangeSet();
    private long next;
    private int unacknowledged;
    private long wakeNanos = Long.MAX_VALUE;
    private long deliveredBytes;
    private long pauseEndNanos;

    private Flow(CongestionController controller, long rttNanos) {
      this.controller = controller;
      this.rttNanos = rttNanos;
      this.recovery =
          new Recovery(true, controller, new DatagramSizeSearch(DATAGRAM, DATAGRAM), this);
      recovery.discard(PacketSpace.INITIAL, 0);
      recovery.discard(PacketSpace.HANDSHAKE, 0);
      recovery.onHandshakeConfirmed();
    }

    /** Bytes that have reached the receiver since the last call. */
    long takeDelivered() {
      long bytes = deliveredBytes;
      deliveredBytes = 0;
      return bytes;
    }

    /** Has nothing to send until then. */
    void pauseUntil(long nanos) {
      pauseEndNanos = nanos;
      at(nanos, this::send);
    }

    private void send() {
      if (now < pauseEndNanos && !mayProbe()) {
        recovery.onApplicationLimited(true);
        wakeAt(recovery.deadlineNanos());
        return;
      }
      pacer.onRate(recovery.pacingBytesPerNano());
      while (mayProbe() || recovery.sendAllowanceBytes() >= DATAGRAM) {
        long due = mayProbe() ? now : pacer.delayUntilNanos(now, DATAGRAM);
        if (due > now) {
          wakeAt(due);
          return;
        }
        SentFrames frames = new SentFrames();
        frames.add(SentFrames.Kind.PING, next);
        long number = next++;
        recovery.onPacketSent(PacketSpace.APPLICATION, number, DATAGRAM, true, true, frames, now);
        pacer.onSent(DATAGRAM);
        forward(number);
      }
      wakeAt(recovery.deadlineNanos());
    }

    private boolean mayProbe() {
      return recovery.probesPending(PacketSpace.APPLICATION) > 0;
    }

    private void forward(long number) {
      double waiting = Math.max(0, linkFreeNanos - now) * bytesPerNano;
      if (waiting + DATAGRAM > queueBytes) {
        return;
      }
      linkFreeNanos = Math.max(linkFreeNanos, now) + (long) (DATAGRAM / bytesPerNano);
      at(linkFreeNanos + rttNanos / 2, () -> receive(number));
    }

    private void receive(long number) {
      boolean inOrder = received.isEmpty() || number == received.max();
      received.add(number, number + 1);
      deliveredBytes += DATAGRAM;
      if (++unacknowledged < 2 && inOrder) {
        at(now + MAX_ACK_DELAY, () -> acknowledgeLate(number));
        return;
      }
      sendAck();
    }

    /** Nothing has come since. */
    private void acknowledgeLate(long number) {
      if (unacknowledged > 0 && received.max() == number + 1) {
        sendAck();
      }
    }

    private void sendAck() {
      unacknowledged = 0;
      AckFrame ack = new AckFrame();
      ack.reset(0);
      for (int i = received.size() - 1; i >= Math.max(0, received.size() - 32); i--) {
        ack.addRange(received.start(i), received.end(i) - 1);
      }
      at(now + rttNanos / 2, () -> acknowledge(ack));
    }

    private void acknowledge(AckFrame ack) {
      try {
        recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, now);
      } catch (ProtocolException e) {
        throw new AssertionError(e);
      }
      send();
    }

    private void wakeAt(long nanos) {
      wakeNanos = nanos;
      if (nanos != Long.MAX_VALUE) {
        at(nanos, () -> wake(nanos));
      }
    }

    /** Only the last wake-up that was asked for counts. */
    private void wake(long nanos) {
      if (nanos == wakeNanos) {
        recovery.onTimeout(now);
        send();
      }
    }

    @Override
    public void onFramesAcked(PacketSpace space, SentFrames frames) {}

    @Override
    public void onAckRead() {}

    @Override
    public void onFramesLost(PacketSpace space, SentFrames frames) {}

    @Override
    public void onFramesProbed(PacketSpace space, SentFrames frames) {}
  }
}
