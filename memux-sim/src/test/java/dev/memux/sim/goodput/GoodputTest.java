package dev.memux.sim.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Some of the links of {@code memux lab goodput}, for a shorter time. */
class GoodputTest {
  private static GoodputLink link(long megabits, long rttMillis, double loss) {
    return new GoodputLink(megabits * 1_000_000, rttMillis * 1_000_000, loss);
  }

  private static Goodput run(GoodputLink link, int seconds) {
    return new BulkTransfer(link, QuicConfig.DEFAULT, 1).run(seconds);
  }

  @ParameterizedTest(name = "{0} Mbit/s, {1} ms, loss {2}")
  @CsvSource({
    "10, 10, 0",
    "10, 50, 0.001",
    "10, 200, 0",
    "10, 200, 0.01",
    "100, 10, 0.001",
    "100, 50, 0",
    "100, 200, 0",
    "100, 50, 0.01",
    "1000, 10, 0.01",
    "1000, 200, 0.001"
  })
  void cubicGetsItsShareOfALink(long megabits, long rttMillis, double loss) {
    GoodputLink link = link(megabits, rttMillis, loss);
    Goodput goodput = run(link, 30);
    assertTrue(
        goodput.isSufficient(),
        "%.2f of %.2f Mbit/s"
            .formatted(goodput.bitsPerSecond() / 1e6, goodput.capacityBitsPerSecond() / 1e6));
  }

  /**
   * The windows of flow control follow a product of 25 MB, and a queue of as much that overflows
   * leaves no more gaps than a receiver takes.
   */
  @Test
  void oneGigabitOverTwoHundredMillisecondsIsFilled() {
    Goodput goodput = run(link(1_000, 200, 0), 15);
    assertTrue(goodput.isSufficient(), goodput.bitsPerSecond() / 1e6 + " Mbit/s");
  }

  private static String table(GoodputLink link) {
    return GoodputTable.markdown(List.of(run(link, 5)), List.of(runBbr(link, 5)), 5, 1);
  }

  private static Goodput runBbr(GoodputLink link, int seconds) {
    QuicConfig config = QuicConfig.DEFAULT.withCongestion(CongestionControl.BBR);
    return new BulkTransfer(link, config, 1).run(seconds);
  }

  /** draft-ietf-ccwg-bbr, "High-Level Design Goals": with up to 1 % of loss, and short queues. */
  @ParameterizedTest(name = "{0} Mbit/s, {1} ms, loss {2}")
  @CsvSource({
    "10, 10, 0, 0.93",
    "10, 50, 0.001, 0.9",
    "10, 50, 0.01, 0.75",
    "10, 200, 0, 0.9",
    "100, 10, 0, 0.93",
    "100, 50, 0, 0.93",
    "100, 50, 0.01, 0.7"
  })
  void bbrFillsALinkThatLosesPackets(long megabits, long rttMillis, double loss, double share) {
    Goodput goodput = runBbr(link(megabits, rttMillis, loss), 20);
    assertTrue(goodput.shareOfLine() > share, goodput.shareOfLine() + " of the link");
  }

  @Test
  void theSameSeedGivesTheSameTable() {
    GoodputLink link = link(10, 50, 0.01);
    assertEquals(table(link), table(link));
  }

  /** RFC 9438 §5.2, tables 1 and 2: average windows in segments. */
  @ParameterizedTest
  @CsvSource({"0.01, 0.1, 12", "0.001, 0.1, 38", "0.0001, 0.1, 187", "0.000001, 0.01, 1225"})
  void theResponseFunctionIsThatOfTheRfc(double loss, double rttSeconds, double window) {
    assertEquals(window, ResponseFunction.cubicWindow(loss, rttSeconds), 1);
  }
}
