package dev.memux.engine.recovery;

import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of RFC 9002: follows every packet in flight until it is acknowledged, lost or
 * discarded, and says when to probe and how much may be sent.
 *
 * <p>Facts go in through the {@code on*} methods, consequences for frames come out through the
 * {@link RecoveryListener}, the rest is asked for: {@link #sendAllowanceBytes}, {@link
 * #probesPending} and {@link #deadlineNanos}, at which {@link #onTimeout} is due. Times must not go
 * backwards from call to call.
 */
public final class Recovery {
  private final RecoveryListener listener;
  private final SendWindow window;
  private final RttEstimator rtt = new RttEstimator();
  private final LossDetector lossDetector = new LossDetector();
  private final PersistentCongestion persistentCongestion = new PersistentCongestion();
  private final SpuriousCongestion spuriousCongestion = new SpuriousCongestion();
  private final EcnValidation ecn = new EcnValidation();

  /** Until then a switch of paths has nothing sent again that window and backoff withhold. */
  private long switchWithoutProbeUntilNanos = Long.MIN_VALUE;

  /** Until then another path is taken for the same. */
  private long samePathUntilNanos = Long.MIN_VALUE;

  private final DatagramSizeSearch sizes;
  private final PtoTimer pto;
  private final SentSpace initial;
  private final SentSpace handshake;
  private final SentSpace application;
  private final SentSpace[] spaces;
  private long deadlineNanos = SentSpace.NEVER;

  /**
   * What the deadline is computed from has not changed since; a batch of packets computes it once.
   */
  private boolean deadlineKnown = true;

  private boolean amplificationLimited;

  /** Of the application's packets; null: none yet. */
  private @Nullable ExcusedLosses excused;

  /** What the packet carried of which the listener is told. */
  private final SentFrames frames = new SentFrames();

  private long packetsLost;
  private long spuriousLosses;

  /**
   * @param server whether this end accepted the connection
   * @param sizes how large full datagrams are
   */
  public Recovery(
      boolean server,
      CongestionController congestion,
      DatagramSizeSearch sizes,
      RecoveryListener listener) {
    this.listener = listener;
    this.window = new SendWindow(congestion, sizes.bytes());
    this.sizes = sizes;
    this.pto = new PtoTimer(server);
    this.initial = newSpace(PacketSpace.INITIAL);
    this.handshake = newSpace(PacketSpace.HANDSHAKE);
    this.application = newSpace(PacketSpace.APPLICATION);
    this.spaces = new SentSpace[] {initial, handshake, application};
  }

  /**
   * A packet left. Of packets not in flight, those with nothing but ACK and CONNECTION_CLOSE, no
   * record is kept.
   *
   * @param packetNumber above all before it in this space
   * @param inFlight ack-eliciting or padded (RFC 9002 §2)
   * @param content what it carried; copied
   */
  public void onPacketSent(
      PacketSpace space,
      long packetNumber,
      int bytes,
      boolean ackEliciting,
      boolean inFlight,
      SentFrames content,
      long nowNanos) {
    if (ackEliciting && !inFlight) {
      throw new IllegalArgumentException("ack-eliciting packets are in flight");
    }
    SentSpace s = space(space);
    s.use(packetNumber);
    boolean ect = ecn.isMarking();
    if (ect) {
      s.ecn.onMarkedSent();
    }
    if (!inFlight) {
      return;
    }
    if (ect) {
      ecn.onMarkedSent();
    }
    s.inFlight.add(packetNumber, nowNanos, bytes, ackEliciting, ect, content);
    window.onPacketSent(bytes, ackEliciting, nowNanos);
    if (!ackEliciting) {
      return;
    }
    s.ackElicitingInFlight++;
    s.lastAckElicitingNanos = nowNanos;
    s.probesPending = Math.max(s.probesPending - 1, 0);
    // Before the handshake is confirmed, 0-RTT and early 1-RTT packets arm nothing, and must not
    // put off what others armed.
    if (space != PacketSpace.APPLICATION || pto.isHandshakeConfirmed()) {
      pto.touch(nowNanos);
      deadlineKnown = false;
    }
  }

  /**
   * A packet number is left out, so that a peer that acknowledges it is caught (RFC 9000 §21.4).
   */
  public void onPacketNumberSkipped(PacketSpace space, long packetNumber) {
    space(space).skip(packetNumber);
  }

  /**
   * An ACK frame came.
   *
   * @param ackDelayNanos its delay, decoded; see {@link AckDelay}
   * @throws ProtocolException if it acknowledges a packet that was never sent
   */
  public void onAckReceived(PacketSpace space, AckFrame ack, long ackDelayNanos, long nowNanos)
      throws ProtocolException {
    SentSpace s = space(space);
    if (s.isDiscarded) {
      return;
    }
    s.check(ack);
    settle(s, ack, ackDelayNanos, nowNanos);
    listener.onAckRead();
  }

  private void settle(SentSpace s, AckFrame ack, long ackDelayNanos, long nowNanos) {
    int late = s.lost.onAckReceived(ack);
    if (late > 0) {
      spuriousLosses += late;
      persistentCongestion.onSpuriousLoss();
    }
    if (spuriousCongestion.poll()) {
      window.onSpuriousCongestion();
    }
    boolean advanced = ack.largest() > s.largestAcked;
    s.largestAcked = Math.max(s.largestAcked, ack.largest());
    boolean anyInFlight = s.inFlight.markAcked(ack);
    long congestionMarks = ecn.onAck(s.ecn, ack, advanced, s.inFlight.markedEct(), nowNanos);
    if (!anyInFlight && !advanced) {
      return;
    }
    if (anyInFlight) {
      sampleRtt(s, ack, ackDelayNanos, nowNanos);
      if (congestionMarks > 0) {
        onCongestionMarked(s, congestionMarks, nowNanos);
      }
    }
    if (s.space == PacketSpace.HANDSHAKE) {
      // RFC 9002 §6.2.2.1: it has read a Handshake packet of ours, which proves our address (RFC
      // 9000 §8.1).
      pto.onPeerValidatedAddress();
    }
    if (pto.onAcknowledged()) {
      cancelProbes();
    }
    detectLosses(s, nowNanos);
    if (anyInFlight) {
      settleAcks(s, nowNanos);
      window.onAckSettled(nowNanos);
    }
    pto.touch(nowNanos);
    deadlineKnown = false;
  }

  /**
   * {@link #deadlineNanos()} may have come: declares losses or asks for probes. Calling it early
   * does no harm.
   */
  public void onTimeout(long nowNanos) {
    if (nowNanos < deadlineNanos()) {
      return;
    }
    boolean lossesDue = false;
    for (SentSpace s : spaces) {
      lossesDue |= s.lossDeadlineNanos != SentSpace.NEVER;
      if (s.lossDeadlineNanos <= nowNanos) {
        detectLosses(s, nowNanos);
      }
    }
    // RFC 9002 §6.2.1: while a time threshold runs, the probe timer is not set.
    if (!lossesDue) {
      onLostAtLeast(sizes.bytes(), nowNanos);
      probe(pto.expire(nowNanos));
      ecn.onProbeTimeout(pto.count());
    }
    deadlineKnown = false;
  }

  /** When {@link #onTimeout} is due, {@link Long#MAX_VALUE} for never. */
  public long deadlineNanos() {
    if (!deadlineKnown) {
      deadlineNanos = nextDeadlineNanos();
      deadlineKnown = true;
    }
    return deadlineNanos;
  }

  /**
   * Ack-eliciting packets to send now, whatever the window says (RFC 9002 §7.5); each one sent
   * counts it down.
   */
  public int probesPending(PacketSpace space) {
    return space(space).probesPending;
  }

  /**
   * The keys of a space are gone, and with them all hope for its acknowledgements (RFC 9002 §6.4).
   */
  public void discard(PacketSpace space, long nowNanos) {
    SentSpace s = space(space);
    if (s.isDiscarded) {
      return;
    }
    s.isDiscarded = true;
    forget(s, false, nowNanos);
    pto.reset();
    pto.touch(nowNanos);
    deadlineKnown = false;
  }

  /**
   * The peer did not process this space's packets and never will: it sent Retry (RFC 9002 §6.3) or
   * rejected 0-RTT (§6.4). Their frames count as lost, without being a sign of congestion.
   */
  public void onPacketsRefused(PacketSpace space, long nowNanos) {
    SentSpace s = space(space);
    forget(s, true, nowNanos);
    pto.reset();
    pto.touch(nowNanos);
    deadlineKnown = false;
  }

  /**
   * Packets leave for another address from now on. What was lost on the way to the old one should
   * be sent again at once, not when the backoff allows: as much as after a probe timeout, which is
   * no more than that address may be sent before it is validated. Only once in a probe timeout: a
   * peer that goes back and forth must not have more sent than window and backoff allow.
   */
  public void onPathSwitched(long nowNanos) {
    excused().onPathSwitched(application.nextNumber());
    if (nowNanos < switchWithoutProbeUntilNanos) {
      return;
    }
    switchWithoutProbeUntilNanos = nowNanos + ptoNanos(PacketSpace.APPLICATION);
    if (application.ackElicitingInFlight > 0) {
      probe(PacketSpace.APPLICATION);
    }
    pto.reset();
    pto.touch(nowNanos);
    deadlineKnown = false;
  }

  /** That packet of the application's tries out another path than the one in use. */
  public void onPathProbeSent(long packetNumber) {
    excused().onProbeSent(packetNumber);
  }

  private ExcusedLosses excused() {
    ExcusedLosses known = excused;
    if (known == null) {
      known = new ExcusedLosses();
      excused = known;
    }
    return known;
  }

  private boolean isExcused(SentSpace s, long position) {
    return excused != null
        && s.space == PacketSpace.APPLICATION
        && excused.include(s.inFlight.number(position));
  }

  /** Whether a packet went another way, to try it out, and says nothing of the path in use. */
  private boolean isPathProbe(SentSpace s, long position) {
    return excused != null
        && s.space == PacketSpace.APPLICATION
        && excused.isProbe(s.inFlight.number(position));
  }

  /**
   * The path is another one. RFC 9000 §9.4: packets sent before say nothing about its capacity and
   * its round trip; whether they arrived still matters for what they carried.
   *
   * <p>What is known is kept if it is hardly older than a probe timeout: a peer that goes back and
   * forth between two addresses must not get a window for each time.
   *
   * @param congestion in its initial state
   * @param roundTripNanos what the round trip is taken to be until it is measured; 0: not known
   */
  public void onNewPath(CongestionController congestion, long roundTripNanos, long nowNanos) {
    if (nowNanos < samePathUntilNanos) {
      return;
    }
    samePathUntilNanos = nowNanos + ptoNanos(PacketSpace.APPLICATION);
    window.onNewPath(congestion);
    sizes.onNewPath();
    window.onDatagramBytes(sizes.bytes());
    rtt.onNewPath(roundTripNanos);
    persistentCongestion.onSpuriousLoss();
    spuriousCongestion.forget();
    for (SentSpace s : spaces) {
      s.onNewPath();
    }
    pto.reset();
    pto.touch(nowNanos);
    ecn.onNewPath();
    deadlineKnown = false;
  }

  /** The peer's max_ack_delay is known (RFC 9000 §18.2). */
  public void onMaxAckDelay(long nanos) {
    rtt.onMaxAckDelay(nanos);
    deadlineKnown = false;
  }

  /** RFC 9001 §4.1.2. From here on 1-RTT packets are probed for. */
  public void onHandshakeConfirmed() {
    rtt.onHandshakeConfirmed();
    ecn.onHandshakeConfirmed();
    pto.onHandshakeConfirmed();
    deadlineKnown = false;
  }

  /**
   * Whether Handshake packets can be sent; a client's probes for a blocked server are Initial
   * packets before.
   */
  public void onHandshakeKeys(boolean available) {
    pto.onHandshakeKeys(available);
    deadlineKnown = false;
  }

  /**
   * The server is known to have validated this client's address, other than by acknowledging a
   * Handshake packet.
   */
  public void onPeerValidatedAddress() {
    pto.onPeerValidatedAddress();
    deadlineKnown = false;
  }

  /**
   * Whether the anti-amplification limit (RFC 9000 §8.1) keeps this server from sending anything.
   * When it ends, {@link #deadlineNanos} may lie in the past.
   */
  public void onAmplificationLimited(boolean limited, long nowNanos) {
    amplificationLimited = limited;
    pto.touch(nowNanos);
    deadlineKnown = false;
  }

  /**
   * Whether this end ran out of data, or of the peer's flow control credit, while window and pacer
   * would have let it send. To be said after every attempt to send: a window that is not used does
   * not grow (RFC 9002 §7.8).
   */
  public void onApplicationLimited(boolean limited) {
    window.onApplicationLimited(limited);
  }

  /** How much more may be in flight; zero or less: nothing but probes. */
  public long sendAllowanceBytes() {
    return window.allowanceBytes();
  }

  public long bytesInFlight() {
    return window.bytesInFlight();
  }

  public long windowBytes() {
    return window.windowBytes();
  }

  /** How fast packets may leave (RFC 9002 §7.7). */
  public double pacingBytesPerNano() {
    return window.pacingBytesPerNano(rtt.smoothedNanos());
  }

  /** Whether packets are to be ECN-capable. */
  public EcnValidation ecn() {
    return ecn;
  }

  public DatagramSizeSearch datagramSizes() {
    return sizes;
  }

  public RttEstimator rtt() {
    return rtt;
  }

  /** The probe timeout of a space before any backoff (RFC 9002 §6.2.1). */
  public long ptoNanos(PacketSpace space) {
    return PtoTimer.periodNanos(space, rtt);
  }

  /** Probe timeouts since the last acknowledgement. */
  public int ptoCount() {
    return pto.count();
  }

  /** The largest packet number that the peer has acknowledged, -1 for none. */
  public long largestAcked(PacketSpace space) {
    return space(space).largestAcked;
  }

  public boolean hasAckElicitingInFlight(PacketSpace space) {
    return space(space).ackElicitingInFlight > 0;
  }

  /** Packets declared lost so far. */
  public long packetsLost() {
    return packetsLost;
  }

  /** Packets declared lost that were acknowledged later. */
  public long spuriousLosses() {
    return spuriousLosses;
  }

  /** Times that loss reduced the window. */
  public long congestionEvents() {
    return window.congestionEvents();
  }

  /** Times that persistent congestion was established. */
  public long persistentCongestions() {
    return window.persistentCongestions();
  }

  private SentSpace newSpace(PacketSpace space) {
    return new SentSpace(space, new LostPackets(space, listener, spuriousCongestion, frames));
  }

  private SentSpace space(PacketSpace space) {
    return switch (space) {
      case INITIAL -> initial;
      case HANDSHAKE -> handshake;
      case APPLICATION -> application;
    };
  }

  private void sampleRtt(SentSpace s, AckFrame ack, long ackDelayNanos, long nowNanos) {
    SentPackets sent = s.inFlight;
    long newest = sent.highestMarked();
    // RFC 9002 §5.1: the peer reports its delay for the largest packet only, and waits without
    // limit for packets that do not ask for acknowledgement.
    if (sent.number(newest) == ack.largest()
        && sent.hasMarkedAckEliciting()
        && s.isOnPath(newest)
        && !isPathProbe(s, newest)) {
      // RFC 9002 §5.3: Initial packets are acknowledged at once, so a delay reported for one may be
      // ignored.
      long delayNanos = s.space == PacketSpace.INITIAL ? 0 : ackDelayNanos;
      rtt.onSample(nowNanos - sent.nanos(newest), delayNanos, nowNanos);
      window.onRttSample(sent.nanos(newest), nowNanos, rtt.smoothedNanos());
    }
  }

  /**
   * RFC 9002 §7.1: what was marked instead of being lost counts as the loss of the newest packet
   * that is acknowledged with it, whichever was marked.
   */
  private void onCongestionMarked(SentSpace s, long packets, long nowNanos) {
    long newest = s.inFlight.highestMarked();
    if (s.isOnPath(newest)) {
      window.onCongestionMarked(packets, s.inFlight.nanos(newest), nowNanos);
      spuriousCongestion.forget();
    }
  }

  private void detectLosses(SentSpace s, long nowNanos) {
    long end = lossDetector.detect(s, rtt, nowNanos);
    long durationNanos = PersistentCongestion.durationNanos(rtt);
    long newestLostNanos = Long.MIN_VALUE;
    int smallestLostBytes = Integer.MAX_VALUE;
    int lost = 0;
    boolean persistent = false;
    SentPackets sent = s.inFlight;
    for (long p = sent.first(); p < end; p++) {
      if (!s.isOnPath(p)) {
        if (sent.isPresent(p) && !sent.isAcked(p)) {
          loseElsewhere(s, p);
        }
      } else if (sent.isAcked(p)) {
        persistentCongestion.onAcked(sent.nanos(p));
      } else if (sent.isPresent(p) && sizes.isProbe(s.space, sent.number(p))) {
        loseSizeProbe(s, p);
      } else if (sent.isPresent(p) && isExcused(s, p)) {
        loseExcused(s, p, nowNanos);
      } else if (sent.isPresent(p)) {
        newestLostNanos = sent.nanos(p);
        // RFC 9002 §7.6.2: before the first sample the timers are guesses, and probes too few to
        // prove anything.
        if (sent.isAckEliciting(p) && newestLostNanos > rtt.firstSampleNanos()) {
          persistent |= persistentCongestion.onLost(newestLostNanos, durationNanos);
        }
        smallestLostBytes = Math.min(smallestLostBytes, sent.bytes(p));
        lose(s, p, nowNanos);
        lost++;
      }
    }
    sent.trim();
    // RFC 9000 §13.3: after a PTO a late acknowledgement is no longer worth the memory.
    s.lost.expire(nowNanos - ptoNanos(s.space));
    if (lost > 0) {
      onLostAtLeast(smallestLostBytes, nowNanos);
      boolean reduced = window.onCongestion(newestLostNanos, persistent, nowNanos);
      spuriousCongestion.onLost(lost, reduced, nowNanos);
      if (s.space != PacketSpace.APPLICATION) {
        // RFC 9002 §7.3.2 lets a packet go whatever the window says. It has to: 1-RTT packets may
        // fill the window that the peer has no keys for without this one, and before the handshake
        // is confirmed no timer (§6.2.1) would ever empty it.
        s.probesPending = Math.max(s.probesPending, 1);
      }
    }
    if (persistent) {
      spuriousCongestion.forget();
      rtt.onPersistentCongestion();
    }
  }

  private void lose(SentSpace s, long position, long nowNanos) {
    SentPackets sent = s.inFlight;
    packetsLost++;
    if (sent.isEct(position)) {
      ecn.onMarkedLost(nowNanos);
    }
    window.onPacketLost(
        sent.number(position), sent.bytes(position), sent.nanos(position), nowNanos);
    s.onOutOfFlight(position);
    remove(sent, position);
    listener.onFramesLost(s.space, frames);
    s.lost.add(sent.number(position), frames, nowNanos);
  }

  /**
   * The controller hears nothing of it; nor does a late acknowledgement take anything back, for
   * nothing was done.
   */
  private void loseExcused(SentSpace s, long position, long nowNanos) {
    SentPackets sent = s.inFlight;
    packetsLost++;
    if (sent.isEct(position)) {
      ecn.onMarkedLost(nowNanos);
    }
    window.onPacketForgotten(sent.bytes(position), sent.nanos(position));
    s.onOutOfFlight(position);
    remove(sent, position);
    listener.onFramesLost(s.space, frames);
  }

  /**
   * RFC 9000 §14.4: a probe that is too large for the path says nothing of congestion. It carried
   * nothing.
   */
  private void loseSizeProbe(SentSpace s, long position) {
    window.onPacketForgotten(s.inFlight.bytes(position), s.inFlight.nanos(position));
    s.onOutOfFlight(position);
    s.inFlight.remove(position);
    sizes.onProbeLost();
  }

  /** Nothing smaller than that was among what got lost, or is not heard of. */
  private void onLostAtLeast(int bytes, long nowNanos) {
    if (sizes.onLost(bytes, nowNanos)) {
      window.onDatagramBytes(sizes.bytes());
    }
  }

  /** A packet was lost on a path that is left: no sign of congestion on the one in use. */
  private void loseElsewhere(SentSpace s, long position) {
    packetsLost++;
    s.onOutOfFlight(position);
    remove(s.inFlight, position);
    listener.onFramesLost(s.space, frames);
  }

  /** Removes a record; what the packet carried is in {@link #frames}. */
  private void remove(SentPackets sent, long position) {
    sent.readFrames(position, frames);
    sent.remove(position);
  }

  private void settleAcks(SentSpace s, long nowNanos) {
    SentPackets sent = s.inFlight;
    int largestAckedBytes = 0;
    boolean sizeProbeAcked = false;
    int runBytes = 0;
    long runNanos = 0;
    for (long p = sent.lowestMarked(); p <= sent.highestMarked(); p++) {
      if (sent.isAcked(p)) {
        if (s.isOnPath(p)) {
          if (sent.nanos(p) != runNanos) {
            settleRun(runBytes, runNanos, nowNanos);
            runBytes = 0;
            runNanos = sent.nanos(p);
          }
          runBytes += sent.bytes(p);
          largestAckedBytes = Math.max(largestAckedBytes, sent.bytes(p));
          sizeProbeAcked |= sizes.isProbe(s.space, sent.number(p));
        }
        s.onOutOfFlight(p);
        remove(sent, p);
        listener.onFramesAcked(s.space, frames);
      }
    }
    settleRun(runBytes, runNanos, nowNanos);
    sent.trim();
    sizes.onAcked(largestAckedBytes);
    if (sizeProbeAcked) {
      sizes.onProbeAcked();
      window.onDatagramBytes(sizes.bytes());
    }
  }

  /** Packets of one batch, sent at the same time, have been acknowledged together. */
  private void settleRun(int bytes, long sentNanos, long nowNanos) {
    if (bytes > 0) {
      window.onPacketsAcked(bytes, sentNanos, nowNanos);
      persistentCongestion.onAcked(sentNanos);
    }
  }

  private void probe(PacketSpace expired) {
    for (SentSpace s : spaces) {
      // RFC 9002 §6.2.4: two packets, as one may be lost again; one from each other space, for the
      // peer may have keys for only one of them. A blocked server needs just one datagram of credit
      // (Appendix A.9).
      boolean waiting = s.ackElicitingInFlight > 0;
      int probes = s.space == expired ? (waiting ? MAX_PROBES : 1) : (waiting ? 1 : 0);
      s.probesPending = Math.max(s.probesPending, probes);
      SentPackets sent = s.inFlight;
      for (long p = sent.first(); p < sent.end() && probes > 0; p++) {
        if (sent.isPresent(p) && sent.isAckEliciting(p)) {
          sent.readFrames(p, frames);
          listener.onFramesProbed(s.space, frames);
          probes--;
        }
      }
    }
  }

  private void cancelProbes() {
    for (SentSpace s : spaces) {
      s.probesPending = 0;
    }
  }

  private void forget(SentSpace s, boolean sendAgain, long nowNanos) {
    SentPackets sent = s.inFlight;
    int ect = 0;
    for (long p = sent.first(); p < sent.end(); p++) {
      if (sent.isPresent(p)) {
        if (s.isOnPath(p)) {
          window.onPacketForgotten(sent.bytes(p), sent.nanos(p));
        }
        ect += sent.isEct(p) ? 1 : 0;
        s.onOutOfFlight(p);
        remove(sent, p);
        if (sendAgain) {
          listener.onFramesLost(s.space, frames);
        }
      }
    }
    sent.clear();
    if (ect > 0) {
      ecn.onMarkedForgotten(ect, nowNanos);
    }
    s.lost.clear();
    s.lossDeadlineNanos = SentSpace.NEVER;
    s.probesPending = 0;
  }

  private long nextDeadlineNanos() {
    long lossNanos = SentSpace.NEVER;
    for (SentSpace s : spaces) {
      lossNanos = Math.min(lossNanos, s.lossDeadlineNanos);
    }
    if (lossNanos != SentSpace.NEVER) {
      return lossNanos;
    }
    // RFC 9002 §6.2.2.1: a probe could not leave, it would only double the backoff.
    return amplificationLimited ? SentSpace.NEVER : pto.arm(spaces, rtt);
  }

  /** RFC 9002 §6.2.4. */
  static final int MAX_PROBES = 2;
}
