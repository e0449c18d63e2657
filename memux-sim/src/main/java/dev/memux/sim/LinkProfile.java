package dev.memux.sim;

/**
 * What one direction of a path does to datagrams. Each is taken in this order: MTU, outage, filter,
 * the queue in front of the bottleneck, transmission at {@code rateBitsPerSecond}, ECN, loss,
 * corruption, duplication, then delay with jitter and reordering.
 *
 * @param delayNanos time of flight
 * @param jitterNanos up to this much more, uniformly; order is kept
 * @param reorder probability of being held back, so that later datagrams overtake it
 * @param reorderNanos how long at most one is held back
 * @param rateBitsPerSecond of payload and headers; 0: without limit
 * @param headerBytes what a datagram takes of the rate and of the queue besides its payload: 28 for
 *     UDP over IPv4
 * @param queueBytes what may wait for the bottleneck, the datagram in transmission included; more
 *     is dropped (tail drop)
 * @param queueDatagrams the same, counted
 * @param markBytes an ECN-capable datagram that has the queue hold more than this is marked (CE)
 * @param ecn what becomes of ECN codepoints otherwise
 * @param loss probability of loss, each datagram by itself
 * @param bursts loss in bursts, besides
 * @param duplication probability that a second copy follows, with a delay of its own
 * @param corruption probability that some bits are flipped
 * @param mtuBytes a datagram whose payload is larger is dropped
 * @param outage when the link is down
 */
public record LinkProfile(
    long delayNanos,
    long jitterNanos,
    double reorder,
    long reorderNanos,
    long rateBitsPerSecond,
    int headerBytes,
    int queueBytes,
    int queueDatagrams,
    int markBytes,
    EcnTreatment ecn,
    double loss,
    BurstLoss bursts,
    double duplication,
    double corruption,
    int mtuBytes,
    Outage outage) {

  public LinkProfile {
    requireProbability(reorder);
    requireProbability(loss);
    requireProbability(duplication);
    requireProbability(corruption);
    if (delayNanos < 0 || jitterNanos < 0 || reorderNanos < 0 || rateBitsPerSecond < 0) {
      throw new IllegalArgumentException("negative time or rate");
    }
    if (headerBytes < 0) {
      throw new IllegalArgumentException("headerBytes " + headerBytes);
    }
  }

  /** A perfect link: no delay, no limit, no loss. */
  public static Builder builder() {
    return new Builder();
  }

  /** A link that differs from this one in what the builder is told. */
  public Builder toBuilder() {
    return new Builder()
        .delayNanos(delayNanos)
        .jitterNanos(jitterNanos)
        .reorder(reorder, reorderNanos)
        .rateBitsPerSecond(rateBitsPerSecond)
        .headerBytes(headerBytes)
        .queueBytes(queueBytes)
        .queueDatagrams(queueDatagrams)
        .markBytes(markBytes)
        .ecn(ecn)
        .loss(loss)
        .bursts(bursts)
        .duplication(duplication)
        .corruption(corruption)
        .mtuBytes(mtuBytes)
        .outage(outage);
  }

  static void requireProbability(double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("not a probability: " + p);
    }
  }

  /** Collects what differs from a perfect link. */
  public static final class Builder {
    private long delayNanos;
    private long jitterNanos;
    private double reorder;
    private long reorderNanos;
    private long rateBitsPerSecond;
    private int headerBytes;
    private int queueBytes = Integer.MAX_VALUE;
    private int queueDatagrams = Integer.MAX_VALUE;
    private int markBytes = Integer.MAX_VALUE;
    private EcnTreatment ecn = EcnTreatment.KEEP;
    private double loss;
    private BurstLoss bursts = BurstLoss.NONE;
    private double duplication;
    private double corruption;
    private int mtuBytes = 65_527;
    private Outage outage = Outage.NONE;

    private Builder() {}

    public Builder delayNanos(long value) {
      delayNanos = value;
      return this;
    }

    public Builder delayMillis(long value) {
      return delayNanos(value * 1_000_000);
    }

    public Builder jitterNanos(long value) {
      jitterNanos = value;
      return this;
    }

    public Builder reorder(double probability, long upToNanos) {
      reorder = probability;
      reorderNanos = upToNanos;
      return this;
    }

    public Builder rateBitsPerSecond(long value) {
      rateBitsPerSecond = value;
      return this;
    }

    public Builder headerBytes(int value) {
      headerBytes = value;
      return this;
    }

    public Builder queueBytes(int value) {
      queueBytes = value;
      return this;
    }

    public Builder queueDatagrams(int value) {
      queueDatagrams = value;
      return this;
    }

    public Builder markBytes(int value) {
      markBytes = value;
      return this;
    }

    public Builder ecn(EcnTreatment value) {
      ecn = value;
      return this;
    }

    public Builder loss(double probability) {
      loss = probability;
      return this;
    }

    public Builder bursts(BurstLoss value) {
      bursts = value;
      return this;
    }

    public Builder duplication(double probability) {
      duplication = probability;
      return this;
    }

    public Builder corruption(double probability) {
      corruption = probability;
      return this;
    }

    public Builder mtuBytes(int value) {
      mtuBytes = value;
      return this;
    }

    public Builder outage(Outage value) {
      outage = value;
      return this;
    }

    public LinkProfile build() {
      return new LinkProfile(
          delayNanos,
          jitterNanos,
          reorder,
          reorderNanos,
          rateBitsPerSecond,
          headerBytes,
          queueBytes,
          queueDatagrams,
          markBytes,
          ecn,
          loss,
          bursts,
          duplication,
          corruption,
          mtuBytes,
          outage);
    }
  }
}
