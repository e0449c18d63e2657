package dev.memux.engine.recovery;

import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link Recovery} in virtual time. Packets are 1200 bytes and carry one frame that names them.
 */
final class SenderFixture implements RecoveryListener {
  static final long MS = 1_000_000;
  static final int DATAGRAM = 1200;

  final Recovery recovery;
  long now;

  /** Packet numbers since the last {@link #forgetEvents}. */
  final List<Long> acked = new ArrayList<>();

  final List<Long> lost = new ArrayList<>();
  final List<Long> probed = new ArrayList<>();
  private final Map<PacketSpace, Long> nextNumber = new EnumMap<>(PacketSpace.class);

  private SenderFixture(boolean server, CongestionController congestion) {
    recovery = new Recovery(server, congestion, new DatagramSizeSearch(DATAGRAM, DATAGRAM), this);
  }

  static SenderFixture client() {
    return new SenderFixture(false, new NewReno(DATAGRAM));
  }

  static SenderFixture server() {
    return new SenderFixture(true, new NewReno(DATAGRAM));
  }

  /**
   * A server whose handshake is confirmed, with a round trip of 100 ms on record and nothing in
   * flight.
   */
  static SenderFixture established() throws ProtocolException {
    return established(new NewReno(DATAGRAM));
  }

  static SenderFixture established(CongestionController congestion) throws ProtocolException {
    SenderFixture sender = new SenderFixture(true, congestion);
    sender.recovery.discard(PacketSpace.INITIAL, 0);
    sender.recovery.discard(PacketSpace.HANDSHAKE, 0);
    sender.recovery.onHandshakeConfirmed();
    for (int i = 0; i < 40; i++) {
      long number = sender.send();
      sender.recovery.onApplicationLimited(true);
      sender.now += 100 * MS;
      sender.ack(number);
    }
    sender.recovery.onApplicationLimited(false);
    sender.forgetEvents();
    return sender;
  }

  long send() {
    return send(PacketSpace.APPLICATION);
  }

  long send(PacketSpace space) {
    return send(space, DATAGRAM, true, true);
  }

  long send(PacketSpace space, int bytes, boolean ackEliciting, boolean inFlight) {
    long number = takeNumber(space);
    SentFrames frames = new SentFrames();
    frames.add(SentFrames.Kind.PING, number);
    recovery.onPacketSent(space, number, bytes, ackEliciting, inFlight, frames, now);
    return number;
  }

  void send(int packets) {
    for (int i = 0; i < packets; i++) {
      send();
    }
  }

  void sendAckOnly() {
    send(PacketSpace.APPLICATION, 40, false, false);
  }

  long skip() {
    long number = takeNumber(PacketSpace.APPLICATION);
    recovery.onPacketNumberSkipped(PacketSpace.APPLICATION, number);
    return number;
  }

  long nextNumber() {
    return nextNumber.getOrDefault(PacketSpace.APPLICATION, 0L);
  }

  void ack(long... numbers) throws ProtocolException {
    ack(PacketSpace.APPLICATION, numbers);
  }

  void ack(PacketSpace space, long... numbers) throws ProtocolException {
    recovery.onAckReceived(space, frame(numbers), 0, now);
  }

  void ackRange(long smallest, long largest) throws ProtocolException {
    AckFrame ack = new AckFrame();
    ack.reset(0);
    ack.addRange(smallest, largest);
    recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, now);
  }

  /** Advances to the deadline and lets it pass. */
  void expire() {
    now = Math.max(now, recovery.deadlineNanos());
    recovery.onTimeout(now);
  }

  void forgetEvents() {
    acked.clear();
    lost.clear();
    probed.clear();
  }

  private long takeNumber(PacketSpace space) {
    return nextNumber.merge(space, 1L, Long::sum) - 1;
  }

  static AckFrame frame(long... numbers) {
    long[] sorted = numbers.clone();
    Arrays.sort(sorted);
    AckFrame ack = new AckFrame();
    ack.reset(0);
    int i = sorted.length - 1;
    while (i >= 0) {
      long largest = sorted[i];
      while (i > 0 && sorted[i - 1] == sorted[i] - 1) {
        i--;
      }
      ack.addRange(sorted[i--], largest);
    }
    return ack;
  }

  @Override
  public void onFramesAcked(PacketSpace space, SentFrames frames) {
    acked.add(frames.a(0));
  }

  @Override
  public void onAckRead() {}

  @Override
  public void onFramesLost(PacketSpace space, SentFrames frames) {
    lost.add(frames.a(0));
  }

  @Override
  public void onFramesProbed(PacketSpace space, SentFrames frames) {
    probed.add(frames.a(0));
  }
}
