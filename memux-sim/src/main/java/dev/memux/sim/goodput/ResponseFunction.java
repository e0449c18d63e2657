package dev.memux.sim.goodput;

/**
 * The average window of CUBIC on a path that loses one packet in {@code 1 / loss} (RFC 9438 §5.1,
 * §5.2).
 */
final class ResponseFunction {
  // RFC 9438 §5.
  private static final double C = 0.4;
  private static final double BETA = 0.7;

  private ResponseFunction() {}

  /** In packets: of the two regions the one with the larger window is in effect (§4.3). */
  static double cubicWindow(double loss, double rttSeconds) {
    double cubic =
        Math.pow(C * (3 + BETA) / (4 * (1 - BETA)), 0.25) * Math.pow(rttSeconds / loss, 0.75);
    return Math.max(cubic, renoWindow(loss));
  }

  /** Of Reno, and of whatever shares with it (§4.3, figure 3). */
  static double renoWindow(double loss) {
    return Math.sqrt(1.5 / loss);
  }
}
