package dev.memux.engine.congestion;

/**
 * The window and the pace that follow from {@link Bbr}'s model of the path (draft-ietf-ccwg-bbr,
 * "Updating Control Parameters"). The window falls at once, and grows no faster than packets are
 * acknowledged.
 */
final class PacedWindow {
  private final LongTermModel longTerm;
  private final ShortTermModel shortTerm;
  private final MinRoundTrip roundTrip;
  private int datagramBytes;
  private double bytes;

  /** What it was before it was reduced for a while. */
  private double priorBytes;

  private double pacingBytesPerNano = UNKNOWN;

  PacedWindow(
      int datagramBytes, LongTermModel longTerm, ShortTermModel shortTerm, MinRoundTrip roundTrip) {
    this.datagramBytes = datagramBytes;
    this.longTerm = longTerm;
    this.shortTerm = shortTerm;
    this.roundTrip = roundTrip;
    bytes = WindowLimits.initialBytes(datagramBytes);
  }

  double bytes() {
    return bytes;
  }

  /**
   * How fast packets may leave. Not slower than the least window makes of a round trip, or it would
   * never be used.
   *
   * @param wasPipeFull whether the rate of the path has ever been known
   */
  double pacingBytesPerNano(boolean wasPipeFull, long smoothedRttNanos) {
    double leastBytes = pacingBytesPerNano == UNKNOWN ? bytes : leastBytes();
    double gain = wasPipeFull ? 1 : BbrState.STARTUP.pacingGain;
    return Math.max(pacingBytesPerNano, gain * leastBytes / Math.max(smoothedRttNanos, 1));
  }

  /** InitPacingRate: the first sample says what the window means. */
  void onRttSample(long nanos) {
    if (pacingBytesPerNano == UNKNOWN) {
      pacingBytesPerNano = BbrState.STARTUP.pacingGain * bytes / Math.max(nanos, 1);
    }
  }

  /** SetPacingRateWithGain: slower only when the rate of the path is known. */
  void pace(double gain, boolean wasPipeFull) {
    double rate = gain * modelBytesPerNano() * (1 - PACING_MARGIN);
    if (rate > 0 && (wasPipeFull || rate > pacingBytesPerNano)) {
      pacingBytesPerNano = rate;
    }
  }

  /**
   * SetCwnd: an acknowledgement came.
   *
   * @param extraBytes what acknowledgements that come in bursts need in addition
   */
  void update(BbrState state, boolean wasPipeFull, DeliverySampler sample, double extraBytes) {
    double product = productBytes(modelBytesPerNano(), state.windowGain);
    double most = withQuantum(state, product + extraBytes);
    if (wasPipeFull) {
      bytes = Math.min(bytes + sample.newlyAcked(), most);
    } else if (bytes < most || sample.delivered() < WindowLimits.initialBytes(datagramBytes)) {
      bytes += sample.newlyAcked();
    }
    bytes = Math.max(bytes, leastBytes());
    if (state == BbrState.PROBE_RTT) {
      bytes = Math.min(bytes, rttProbeBytes());
    }
    bytes = Math.min(bytes, boundBytes(state));
  }

  /** BoundCwndForModel. */
  private double boundBytes(BbrState state) {
    double bound =
        switch (state) {
          case PROBE_BW_DOWN, PROBE_BW_REFILL, PROBE_BW_UP -> longTerm.inFlightBytes();
          case PROBE_BW_CRUISE, PROBE_RTT ->
              longTerm.inFlightWithHeadroom(datagramBytes, leastBytes());
          case STARTUP, DRAIN -> LongTermModel.UNBOUNDED;
        };
    return Math.max(Math.min(bound, shortTerm.inFlightBytes()), leastBytes());
  }

  /** RFC 9002 §7.6.2, OnEnterRTO. */
  void collapse() {
    bytes = WindowLimits.minimumBytes(datagramBytes);
  }

  /**
   * SaveCwnd.
   *
   * @param isTrusted whether it has not been reduced for a while already
   */
  void save(boolean isTrusted) {
    priorBytes = isTrusted ? bytes : Math.max(priorBytes, bytes);
  }

  /** RestoreCwnd. */
  void restore() {
    bytes = Math.max(bytes, priorBytes);
  }

  void onDatagramBytes(int size) {
    datagramBytes = size;
    bytes = Math.max(bytes, leastBytes());
  }

  /** BBR.bw: what the path and others allow. */
  double modelBytesPerNano() {
    return Math.min(longTerm.bytesPerNano(), shortTerm.bytesPerNano());
  }

  /** Inflight: what is to be in flight at that rate. */
  double inFlightBytes(BbrState state, double bytesPerNano) {
    return withQuantum(state, productBytes(bytesPerNano, 1));
  }

  /** TargetInflight. */
  double targetBytes() {
    return Math.min(productBytes(modelBytesPerNano(), 1), bytes);
  }

  /** ProbeRTTCwnd. */
  double rttProbeBytes() {
    double product = productBytes(modelBytesPerNano(), BbrState.PROBE_RTT.windowGain);
    return Math.max(product, leastBytes());
  }

  /** MinPipeCwnd: enough for a peer that acknowledges every other packet. */
  double leastBytes() {
    return 4.0 * datagramBytes;
  }

  /** BDPMultiple. */
  private double productBytes(double bytesPerNano, double gain) {
    return roundTrip.nanos() == MinRoundTrip.UNKNOWN
        ? WindowLimits.initialBytes(datagramBytes)
        : gain * bytesPerNano * roundTrip.nanos();
  }

  /** QuantizationBudget: what is sent at once has to fit. */
  private double withQuantum(BbrState state, double inFlightBytes) {
    double quantum = Pacer.batchBytes(pacingBytesPerNano, datagramBytes);
    double budget = Math.max(Math.max(inFlightBytes, quantum), leastBytes());
    return state == BbrState.PROBE_BW_UP ? budget + 2.0 * datagramBytes : budget;
  }

  /** BBR.PacingMarginPercent. */
  static final double PACING_MARGIN = 0.01;

  private static final double UNKNOWN = 0;
}
