package dev.memux.sim.goodput;

import static dev.memux.engine.quic.CongestionControl.BBR;
import static dev.memux.engine.quic.CongestionControl.CUBIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.CongestionControl;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code memux lab fairness} measures; all but CUBIC with itself for a shorter time. */
class FairnessTest {
  static Stream<FairnessCase> cubicWithItself() {
    return FairnessCase.all().stream().filter(line -> line.requiredIndex() > 0);
  }

  static Stream<FairnessCase> others() {
    return FairnessCase.all().stream().filter(line -> line.requiredIndex() == 0);
  }

  @ParameterizedTest
  @MethodSource
  void cubicWithItself(FairnessCase line) {
    Fairness result = line.run(60, 1);
    assertTrue(result.jainIndex() >= 0.95, "Jain's index " + result.jainIndex());
    assertTrue(result.utilisation() > 0.95, "used " + result.utilisation());
  }

  /** Nobody starves: RFC 9743 §5.2 asks what becomes of others. */
  @ParameterizedTest
  @MethodSource
  void others(FairnessCase line) {
    Fairness result = line.run(20, 1);
    assertTrue(result.utilisation() > 0.9, "used " + result.utilisation());
    assertTrue(
        result.leastShare() > 0.25,
        () -> result.leastShare() + " of an equal share: " + result.flows());
  }

  /** What it is for: two of them leave the larger part of a long queue empty. */
  @Test
  void bbrFlowsKeepALongQueueShort() {
    Fairness result = new SharedLink(List.of(BBR, BBR), 4, 1).run(20);
    for (Fairness.Flow flow : result.flows()) {
      long rttNanos = flow.sender().smoothedRttNanos();
      assertTrue(rttNanos < 3 * SharedLink.RTT_NANOS, rttNanos + " ns, five times would be full");
    }
  }

  @Test
  void theIndexIsJains() {
    assertEquals(1, fairness(5, 5, 5).jainIndex(), 1e-9);
    assertEquals(1 / 3.0, fairness(5, 0, 0).jainIndex(), 1e-9);
    assertEquals(0.8, fairness(1, 3).jainIndex(), 1e-9);
    assertEquals(0.5, fairness(1, 3).leastShare(), 1e-9);
    assertEquals(0.25, fairness(1, 3).share(CUBIC), 1e-9);
  }

  /** The first is CUBIC's. */
  private static Fairness fairness(double... bitsPerSecond) {
    List<Fairness.Flow> flows =
        Stream.iterate(0, i -> i + 1)
            .limit(bitsPerSecond.length)
            .map(i -> flow(i == 0 ? CUBIC : BBR, bitsPerSecond[i]))
            .toList();
    return new Fairness(1, flows);
  }

  private static Fairness.Flow flow(CongestionControl control, double bitsPerSecond) {
    return new Fairness.Flow(control, bitsPerSecond, NOTHING);
  }

  private static final dev.memux.engine.ConnectionStatistics NOTHING =
      new SharedLink(List.of(CUBIC), 1, 1).run(1).flows().getFirst().sender();

  @Test
  void theSameSeedGivesTheSameTable() {
    List<FairnessCase> cases = List.of(new FairnessCase(CUBIC, BBR, 1, 1));
    String table = FairnessTable.markdown(cases, List.of(cases.getFirst().run(5, 1)), 5, 1);
    assertEquals(table, FairnessTable.markdown(cases, List.of(cases.getFirst().run(5, 1)), 5, 1));
  }
}
