package dev.memux.sim;

/**
 * Loss in bursts, after Gilbert and Elliott: the link is in a good or a bad state, may change state
 * with each datagram, and loses with the probability of the state it is in.
 *
 * @param enterBad probability, per datagram, of going from good to bad
 * @param leaveBad probability, per datagram, of going from bad to good; the mean burst is {@code 1
 *     / leaveBad} datagrams
 * @param lossInGood probability of loss in the good state
 * @param lossInBad probability of loss in the bad state
 */
public record BurstLoss(double enterBad, double leaveBad, double lossInGood, double lossInBad) {
  public static final BurstLoss NONE = new BurstLoss(0, 1, 0, 0);

  public BurstLoss {
    LinkProfile.requireProbability(enterBad);
    LinkProfile.requireProbability(leaveBad);
    LinkProfile.requireProbability(lossInGood);
    LinkProfile.requireProbability(lossInBad);
  }

  /** The share of datagrams lost in the long run. */
  public double meanLoss() {
    if (enterBad == 0) {
      return lossInGood;
    }
    double inBad = enterBad / (enterBad + leaveBad);
    return inBad * lossInBad + (1 - inBad) * lossInGood;
  }
}
