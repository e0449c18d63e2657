package dev.memux.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Figures, and what is made of them. */
final class TableTest {
  private static Run bulk(String contender, long nanos, long cpuNanos) {
    return new Run(
        contender,
        Workload.BULK,
        1452,
        new Figures(1_000_000_000, nanos, cpuNanos, cpuNanos, 1 << 20, 1 << 20),
        "a cipher");
  }

  @Test
  void theMedianIsTheOneInTheMiddle() {
    assertEquals(new Spread(1, 2, 3), Spread.of(3, 1, 2));
    assertEquals(new Spread(1, 2.5, 4), Spread.of(4, 1, 3, 2));
  }

  @Test
  void ratesAndCostsAreOfWhatTheWorkloadCounts() {
    Figures figures =
        new Figures(1_000_000_000, 2_000_000_000, 3_000_000_000L, 1_000_000_000, 0, 0);
    assertEquals(4, figures.rate(Workload.BULK)); // Gbit/s
    assertEquals(4, figures.cost(Workload.BULK)); // s/GB
    assertEquals(500_000_000, figures.rate(Workload.REQUESTS)); // /s
    assertEquals(0.004, figures.cost(Workload.REQUESTS)); // us
  }

  @Test
  void ratiosAreThoseOfMediansToTheReference() {
    Table table = new Table();
    table.add(bulk("memux", 1_000_000_000, 1_000_000_000)); // 8 Gbit/s
    table.add(bulk("memux", 500_000_000, 1_000_000_000)); // 16
    table.add(bulk("memux", 800_000_000, 1_000_000_000)); // 10
    table.add(bulk(Contenders.REFERENCE, 2_000_000_000, 4_000_000_000L)); // 4
    String row =
        table.toString().lines().filter(line -> line.startsWith("memux")).findFirst().get();
    assertEquals(
        "memux 3 10.00 8.00 - 16.00 2.50 2.00 0.25 1/1 a cipher", row.replaceAll(" +", " "));
  }

  @Test
  void aLineThatIsNoRunIsNamed() {
    Exception failure =
        org.junit.jupiter.api.Assertions.assertThrows(
            java.io.IOException.class, () -> Run.parse("{\"contender\":\"memux\"}"));
    assertTrue(failure.getMessage().contains("workload"), failure.getMessage());
  }
}
