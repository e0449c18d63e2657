package dev.memux.sim.goodput;

import dev.memux.engine.quic.CongestionControl;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of {@code docs/fairness.md}: as many flows of one control as of another, which begin in
 * turn.
 *
 * @param flows of each
 * @param queueProducts what the queue holds, in products of rate and round trip
 */
public record FairnessCase(
    CongestionControl first, CongestionControl second, int flows, double queueProducts) {
  /** Every two controls, and each with itself. */
  public static List<FairnessCase> all() {
    List<FairnessCase> cases = new ArrayList<>();
    CongestionControl[] controls = CongestionControl.values();
    for (int i = 0; i < controls.length; i++) {
      for (int j = i; j < controls.length; j++) {
        for (int flows = 1; flows <= 2; flows++) {
          for (double queue : new double[] {0.5, 1, 4}) {
            cases.add(new FairnessCase(controls[i], controls[j], flows, queue));
          }
        }
      }
    }
    return cases;
  }

  /** Lets them run. */
  public Fairness run(int seconds, long seed) {
    List<CongestionControl> controls = new ArrayList<>();
    for (int i = 0; i < flows; i++) {
      controls.add(first);
      controls.add(second);
    }
    return new SharedLink(controls, queueProducts, seed).run(seconds);
  }

  /** The least index of Jain's that is asked for; what flows of one control owe each other. */
  public double requiredIndex() {
    return first == CongestionControl.CUBIC && second == CongestionControl.CUBIC ? 0.95 : 0;
  }
}
