package dev.memux.engine.congestion;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * BBRv3 (draft-ietf-ccwg-bbr): instead of filling the queue until packets get lost, measures what
 * rate the path delivers and how long its round trip is without a queue, and has that product in
 * flight. Every few seconds it sends faster for some round trips, to see whether there is more, and
 * has little in flight for a moment, to see the round trip.
 *
 * <p>The names of the draft stand in the comments. What the path takes is {@link LongTermModel}'s,
 * what others leave at the moment {@link ShortTermModel}'s; rates are measured by {@link
 * DeliverySampler}.
 *
 * <p>Marks (CE) count as the loss of what was marked: the draft leaves them open, and queues that
 * mark are told by RFC 9002 §7.1 that this is what follows.
 */
public final class Bbr implements CongestionController {
  /** What acknowledgements have to do with probing (BBR.ack_phase). */
  private enum AckPhase {
    NONE,
    REFILLING,
    PROBE_STARTING,
    PROBE_FEEDBACK,
    PROBE_STOPPING
  }

  private final RandomGenerator random;
  private final DeliverySampler sampler = new DeliverySampler();
  private final LongTermModel longTerm = new LongTermModel();
  private final ShortTermModel shortTerm = new ShortTermModel();
  private final AckAggregation aggregation = new AckAggregation();
  private final FullPipe pipe = new FullPipe();
  private final MinRoundTrip roundTrip = new MinRoundTrip();
  private final PacedWindow window;
  private int datagramBytes;
  private BbrState state = BbrState.STARTUP;

  // Round trips.
  private long round;
  private boolean roundStarts;
  private long roundDelivered;

  /** Of this round trip, and the one before: whether the window was used up. */
  private boolean isWindowFull;

  private boolean wasWindowFull;

  // Recovery.
  private long recoveryStartNanos = Long.MIN_VALUE;
  private boolean inRecovery;

  /** What a recovery period that is about to begin may have to restore is kept. */
  private boolean isSaved;

  private long lastLostNumber = Long.MIN_VALUE;
  private @Nullable BbrState undoState;

  // Probing for bandwidth.
  private AckPhase ackPhase = AckPhase.NONE;
  private boolean isProbeSample;
  private boolean probeWasTooHigh;
  private boolean probeWasPrecautionary;
  private long cycleStartNanos;
  private long probeWaitNanos;
  private long roundsSinceProbe;
  private long drainStartRound;

  // Probing for the round trip, and pauses.
  private long rttProbeEndNanos = NOT_YET;
  private boolean rttProbeRoundDone;
  private boolean restartsFromIdle;
  private long rttSampleNanos = MinRoundTrip.UNKNOWN;

  /**
   * @param random for how long it waits between probes, so that flows do not probe in step
   */
  public Bbr(int maxDatagramBytes, RandomGenerator random) {
    this.random = random;
    datagramBytes = maxDatagramBytes;
    window = new PacedWindow(maxDatagramBytes, longTerm, shortTerm, roundTrip);
  }

  // What the sender asks.

  @Override
  public long windowBytes() {
    return (long) window.bytes();
  }

  @Override
  public double pacingBytesPerNano(long smoothedRttNanos) {
    return window.pacingBytesPerNano(pipe.wasEverFull(), smoothedRttNanos);
  }

  BbrState state() {
    return state;
  }

  double bytesPerNano() {
    return window.modelBytesPerNano();
  }

  long minRttNanos() {
    return roundTrip.nanos();
  }

  double longTermInFlightBytes() {
    return longTerm.inFlightBytes();
  }

  double shortTermInFlightBytes() {
    return shortTerm.inFlightBytes();
  }

  // What the sender tells.

  @Override
  public void onPacketSent(int bytes, long bytesInFlight, long nowNanos) {
    if (bytesInFlight == bytes && sampler.isApplicationLimited()) {
      onRestartFromIdle(nowNanos);
    }
    sampler.onPacketSent(bytes, bytesInFlight, nowNanos);
    isWindowFull |= bytesInFlight + datagramBytes > window.bytes();
  }

  /** HandleRestartFromIdle. */
  private void onRestartFromIdle(long nowNanos) {
    restartsFromIdle = true;
    aggregation.restart(nowNanos);
    if (state.isProbeBw) {
      window.pace(1, pipe.wasEverFull());
    } else if (state == BbrState.PROBE_RTT) {
      endRttProbe(nowNanos);
    }
  }

  @Override
  public void onApplicationLimited(long bytesInFlight) {
    sampler.onApplicationLimited(bytesInFlight);
  }

  @Override
  public void onRttSample(
      long sentNanos, long nowNanos, long smoothedNanos, boolean applicationLimited) {
    long sampleNanos = nowNanos - sentNanos;
    window.onRttSample(sampleNanos);
    rttSampleNanos = sampleNanos;
    sampler.onRttSample(sampleNanos);
  }

  @Override
  public void onPacketAcked(int bytes, long sentNanos, long nowNanos, boolean applicationLimited) {
    sampler.onPacketAcked(bytes, sentNanos, nowNanos);
    if (inRecovery && sentNanos > recoveryStartNanos) {
      inRecovery = false;
      window.restore();
    }
  }

  @Override
  public void onPacketForgotten(int bytes, long sentNanos) {
    sampler.onPacketForgotten(bytes, sentNanos);
  }

  @Override
  public void onPacketLost(long packetNumber, int bytes, long sentNanos, long nowNanos) {
    saveOnce(sentNanos);
    shortTerm.onLoss(packetNumber == lastLostNumber + 1, sampler.delivered());
    lastLostNumber = packetNumber;
    long inFlightBytes = sampler.inFlightAt(sentNanos);
    long lostBytes = sampler.lostSince(sentNanos) + bytes;
    boolean limited = sampler.isApplicationLimitedAt(sentNanos);
    sampler.onPacketLost(bytes, sentNanos);
    judgeProbe(inFlightBytes, lostBytes, bytes, limited, nowNanos);
  }

  @Override
  public boolean onCongestionMarked(long packets, long newestSentNanos, long nowNanos) {
    long bytes = packets * datagramBytes;
    shortTerm.onLoss(false, sampler.delivered());
    sampler.onMarked(bytes);
    judgeProbe(
        sampler.inFlightAt(newestSentNanos),
        sampler.lostSince(newestSentNanos),
        bytes,
        sampler.isApplicationLimitedAt(newestSentNanos),
        nowNanos);
    return onPacketsLost(newestSentNanos, nowNanos);
  }

  /** SaveStateUponLoss, when the first packet is lost of those that begin a recovery period. */
  private void saveOnce(long sentNanos) {
    if (!isSaved && sentNanos > recoveryStartNanos) {
      isSaved = true;
      window.save(isWindowTrusted());
      undoState = null;
      shortTerm.save();
      longTerm.save();
    }
  }

  /** HandleLostPacket, of packets that were sent with so much in flight. */
  private void judgeProbe(
      long inFlightBytes, long lostBytes, long bytes, boolean limited, long nowNanos) {
    if (!isProbeSample || lostBytes <= LOSS_THRESHOLD * inFlightBytes) {
      return;
    }
    // InflightAtLoss: with how much in flight the threshold was crossed.
    double before = inFlightBytes - bytes;
    double lostBefore = lostBytes - bytes;
    double lostPrefix = (LOSS_THRESHOLD * before - lostBefore) / (1 - LOSS_THRESHOLD);
    onInFlightTooHigh(before + lostPrefix, limited, nowNanos);
  }

  /** HandleInflightTooHigh. */
  private void onInFlightTooHigh(double inFlightBytes, boolean limited, long nowNanos) {
    probeWasTooHigh = true;
    isProbeSample = false; // once for each probe
    if (!limited) {
      longTerm.onTooHigh(Math.max(inFlightBytes, ShortTermModel.BETA * window.targetBytes()));
    }
    if (state == BbrState.PROBE_BW_UP) {
      undoState = BbrState.PROBE_BW_UP;
      beginDown(nowNanos);
    }
  }

  @Override
  public boolean onPacketsLost(long newestSentNanos, long nowNanos) {
    if (newestSentNanos <= recoveryStartNanos) {
      return false;
    }
    window.save(isWindowTrusted());
    recoveryStartNanos = nowNanos;
    isSaved = false;
    inRecovery = true;
    return true;
  }

  /** OnEnterRTO, with what RFC 9002 §7.6.2 has for a window. */
  @Override
  public void onPersistentCongestion() {
    window.save(isWindowTrusted());
    window.collapse();
  }

  /** HandleSpuriousLossDetection. */
  @Override
  public void onSpuriousCongestion() {
    inRecovery = false;
    window.restore();
    pipe.reset(0);
    shortTerm.undo();
    longTerm.undo();
    if (undoState == BbrState.STARTUP && state != BbrState.STARTUP) {
      pipe.forget();
      state = state == BbrState.PROBE_RTT ? state : BbrState.STARTUP;
    } else if (undoState == BbrState.PROBE_BW_UP
        && state != BbrState.PROBE_BW_UP
        && state != BbrState.PROBE_RTT) {
      beginRefill();
    }
    undoState = null;
  }

  @Override
  public void onDatagramBytes(int bytes) {
    datagramBytes = bytes;
    window.onDatagramBytes(bytes);
  }

  // An acknowledgement: UpdateOnACK.

  @Override
  public void onAckSettled(long bytesInFlight, long nowNanos) {
    sampler.complete();
    if (sampler.hasSample()) {
      updateModel(nowNanos);
      updateState(bytesInFlight, nowNanos);
      shortTerm.advance(sampler);
      window.pace(state.pacingGain, pipe.wasEverFull());
      window.update(state, pipe.wasEverFull(), sampler, aggregation.extraBytes());
    }
    sampler.beginNext();
    rttSampleNanos = MinRoundTrip.UNKNOWN;
  }

  private void updateModel(long nowNanos) {
    shortTerm.onSample(sampler);
    updateRound();
    if (sampler.bytesPerNano() > 0) {
      longTerm.onRate(sampler.bytesPerNano(), sampler.isSampleApplicationLimited());
    }
    if (shortTerm.roundStarts()) {
      shortTerm.onRound(state.isAccelerating, longTerm.bytesPerNano(), windowBytes());
    }
    aggregation.onAcked(
        sampler.newlyAcked(),
        bytesPerNano(),
        window.bytes(),
        round,
        pipe.wasEverFull() ? EXTRA_ACKED_ROUNDS : 1,
        nowNanos);
    if (roundStarts && !sampler.isSampleApplicationLimited()) {
      pipe.onRound(sampler.bytesPerNano());
    }
  }

  private void updateRound() {
    roundStarts = sampler.priorDelivered() >= roundDelivered;
    if (roundStarts) {
      beginRound();
      round++;
      roundsSinceProbe++;
      wasWindowFull = isWindowFull;
      isWindowFull = false;
    }
  }

  /** StartRound. */
  private void beginRound() {
    roundDelivered = sampler.delivered();
  }

  private void updateState(long bytesInFlight, long nowNanos) {
    if (state == BbrState.STARTUP) {
      leaveStartupWhenFull();
    }
    if (state == BbrState.DRAIN
        && (bytesInFlight <= window.inFlightBytes(state, bytesPerNano())
            || round > drainStartRound + MAX_DRAIN_ROUNDS)) {
      beginDown(nowNanos);
    }
    if (pipe.wasEverFull()) {
      advanceCycle(bytesInFlight, nowNanos);
    }
    roundTrip.onAck(rttSampleNanos, nowNanos);
    probeRtt(bytesInFlight, nowNanos);
  }

  // Startup.

  private void leaveStartupWhenFull() {
    // CheckStartupHighLoss: a round trip of recovery with many losses, in many places.
    if (shortTerm.roundStarts()
        && shortTerm.lastLossEvents() >= STARTUP_LOSS_EVENTS
        && isInFlightTooHigh()) {
      undoState = BbrState.STARTUP;
      pipe.onFull();
      longTerm.onTooHigh(
          Math.max(
              window.inFlightBytes(state, longTerm.bytesPerNano()),
              shortTerm.latestInFlightBytes()));
    }
    if (pipe.wasEverFull()) {
      state = BbrState.DRAIN;
      drainStartRound = round;
    }
  }

  /** IsInflightTooHigh, by the packets of this acknowledgement. */
  private boolean isInFlightTooHigh() {
    return sampler.lostBytes() > LOSS_THRESHOLD * sampler.inFlightBytes();
  }

  // Probing for bandwidth: UpdateProbeBWCyclePhase.

  private void advanceCycle(long bytesInFlight, long nowNanos) {
    if (adaptLongTerm()) {
      return;
    }
    switch (state) {
      case PROBE_BW_DOWN -> {
        if (isTimeToProbe(nowNanos)) {
          beginRefill();
        } else if (isTimeToCruise(bytesInFlight)) {
          state = BbrState.PROBE_BW_CRUISE;
        }
      }
      case PROBE_BW_CRUISE -> {
        if (isTimeToProbe(nowNanos)) {
          beginRefill();
        }
      }
      case PROBE_BW_REFILL -> {
        if (roundStarts) {
          isProbeSample = true;
          beginUp();
        }
      }
      case PROBE_BW_UP -> {
        if (isTimeToGoDown(bytesInFlight)) {
          probeWasTooHigh = false;
          beginDown(nowNanos);
        }
      }
      case STARTUP, DRAIN, PROBE_RTT -> {}
    }
  }

  /** AdaptLongTermModel; returns whether another state has begun. */
  private boolean adaptLongTerm() {
    if (ackPhase == AckPhase.PROBE_STARTING && roundStarts) {
      ackPhase = AckPhase.PROBE_FEEDBACK;
    }
    if (ackPhase == AckPhase.PROBE_STOPPING && roundStarts) {
      isProbeSample = false;
      ackPhase = AckPhase.NONE;
      if (state.isProbeBw && !sampler.isSampleApplicationLimited()) {
        longTerm.onCycle();
      }
      if (state.isProbeBw && probeWasPrecautionary && !probeWasTooHigh) {
        beginRefill(); // so much was safe: now stay there for a round trip
        return true;
      }
    }
    if (!isInFlightTooHigh()) {
      longTerm.onSafe(sampler.inFlightBytes());
      if (state == BbrState.PROBE_BW_UP) {
        growLongTerm();
      }
    }
    return false;
  }

  /** ProbeInflightLongtermUpward. */
  private void growLongTerm() {
    if (!isWindowLimited() || window.bytes() < longTerm.inFlightBytes()) {
      return;
    }
    longTerm.grow(sampler.newlyAcked(), datagramBytes);
    if (roundStarts) {
      longTerm.steepen(windowBytes(), datagramBytes);
    }
  }

  private boolean isWindowLimited() {
    return isWindowFull || wasWindowFull;
  }

  /** Whether the window is what the model made it, and not a moment's (SaveCwnd). */
  private boolean isWindowTrusted() {
    return !inRecovery && state != BbrState.PROBE_RTT;
  }

  /** Every few seconds, and no less often than Reno would cause a loss. */
  private boolean isTimeToProbe(long nowNanos) {
    double renoRounds = Math.min(window.targetBytes() / datagramBytes, MAX_RENO_ROUNDS);
    return nowNanos > cycleStartNanos + probeWaitNanos || roundsSinceProbe >= renoRounds;
  }

  private boolean isTimeToCruise(long bytesInFlight) {
    return bytesInFlight <= longTerm.inFlightWithHeadroom(datagramBytes, window.leastBytes())
        && bytesInFlight <= window.inFlightBytes(state, longTerm.bytesPerNano());
  }

  private boolean isTimeToGoDown(long bytesInFlight) {
    if (probeWasTooHigh && bytesInFlight >= longTerm.inFlightBytes()) {
      probeWasPrecautionary = true;
      return true;
    }
    if (isWindowLimited() && window.bytes() >= longTerm.inFlightBytes()) {
      pipe.reset(sampler.bytesPerNano()); // it is the bound that limits the rate
      return false;
    }
    return pipe.isFull();
  }

  private void beginDown(long nowNanos) {
    shortTerm.forgetSignals();
    longTerm.stopGrowth();
    roundsSinceProbe = random.nextInt(2);
    probeWaitNanos = MIN_PROBE_WAIT_NANOS + random.nextLong(PROBE_WAIT_RANGE_NANOS);
    cycleStartNanos = nowNanos;
    ackPhase = AckPhase.PROBE_STOPPING;
    beginRound();
    state = BbrState.PROBE_BW_DOWN;
  }

  private void beginRefill() {
    shortTerm.forgetBounds();
    longTerm.beginRefill();
    probeWasPrecautionary = false;
    ackPhase = AckPhase.REFILLING;
    beginRound();
    state = BbrState.PROBE_BW_REFILL;
  }

  private void beginUp() {
    ackPhase = AckPhase.PROBE_STARTING;
    beginRound();
    pipe.reset(sampler.bytesPerNano());
    state = BbrState.PROBE_BW_UP;
    longTerm.steepen(windowBytes(), datagramBytes);
  }

  // Probing for the round trip: CheckProbeRTT.

  private void probeRtt(long bytesInFlight, long nowNanos) {
    if (state != BbrState.PROBE_RTT && roundTrip.isDue() && !restartsFromIdle) {
      window.save(isWindowTrusted());
      state = BbrState.PROBE_RTT;
      rttProbeEndNanos = NOT_YET;
      ackPhase = AckPhase.PROBE_STOPPING;
      beginRound();
    }
    if (state == BbrState.PROBE_RTT) {
      continueRttProbe(bytesInFlight, nowNanos);
    }
    restartsFromIdle = false;
  }

  private void continueRttProbe(long bytesInFlight, long nowNanos) {
    sampler.onApplicationLimited(bytesInFlight); // rates are low now, and mean nothing
    if (rttProbeEndNanos == NOT_YET) {
      if (bytesInFlight <= window.rttProbeBytes()) {
        rttProbeEndNanos = nowNanos + RTT_PROBE_NANOS;
        rttProbeRoundDone = false;
        beginRound();
      }
      return;
    }
    rttProbeRoundDone |= roundStarts;
    if (rttProbeRoundDone) {
      endRttProbe(nowNanos);
    }
  }

  /** CheckProbeRTTDone. */
  private void endRttProbe(long nowNanos) {
    if (rttProbeEndNanos == NOT_YET || nowNanos <= rttProbeEndNanos) {
      return;
    }
    roundTrip.onProbed(nowNanos);
    window.restore();
    shortTerm.forgetBounds();
    if (pipe.wasEverFull()) {
      beginDown(nowNanos);
      state = BbrState.PROBE_BW_CRUISE;
    } else {
      state = BbrState.STARTUP;
    }
  }

  /** BBR.LossThresh. */
  static final double LOSS_THRESHOLD = 0.02;

  /** BBRStartupFullLossCnt. */
  static final int STARTUP_LOSS_EVENTS = 6;

  /** BBR.ExtraAckedFilterLen. */
  static final int EXTRA_ACKED_ROUNDS = 10;

  static final int MAX_DRAIN_ROUNDS = 3;

  /** T_bbr, of which a part is drawn each time. */
  static final long MIN_PROBE_WAIT_NANOS = 2_000_000_000L;

  static final long PROBE_WAIT_RANGE_NANOS = 1_000_000_000L;

  /** T_reno_bound. */
  static final int MAX_RENO_ROUNDS = 63;

  /** BBR.ProbeRTTDuration. */
  static final long RTT_PROBE_NANOS = 200_000_000L;

  private static final long NOT_YET = Long.MIN_VALUE;
}
