package dev.memux.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Many runs for people: medians, spread, and ratios to {@link Contenders#REFERENCE}. */
final class Table {
  private static final double MEGABYTE = 1e6;
  private static final String ROW = "%-18s %4s %10s %21s %7s %10s %7s %6s/%-6s  %s%n";

  private final Map<Workload, Map<String, List<Run>>> runs = new TreeMap<>();

  void add(Run run) {
    runs.computeIfAbsent(run.workload(), key -> new LinkedHashMap<>())
        .computeIfAbsent(run.contender(), key -> new ArrayList<>())
        .add(run);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    runs.forEach((workload, byContender) -> append(text, workload, byContender));
    return text.toString();
  }

  private static void append(
      StringBuilder text, Workload workload, Map<String, List<Run>> byContender) {
    text.append(
        String.format(
            ROW,
            workload.label(),
            "runs",
            workload.unit(),
            "min - max",
            "ratio",
            workload.countsBytes() ? "CPU s/GB" : "CPU us",
            "ratio",
            "MB C",
            "S",
            ""));
    List<Run> reference = byContender.get(Contenders.REFERENCE);
    byContender.forEach((name, all) -> text.append(row(name, workload, all, reference)));
    text.append(System.lineSeparator());
  }

  private static String row(
      String name, Workload workload, List<Run> all, @Nullable List<Run> reference) {
    Spread rate = rate(workload, all);
    Spread cost = cost(workload, all);
    return String.format(
        ROW,
        name,
        all.size(),
        number(rate.median()),
        number(rate.min()) + " - " + number(rate.max()),
        reference == null ? "" : number(rate.median() / rate(workload, reference).median()),
        number(cost.median()),
        reference == null ? "" : number(cost.median() / cost(workload, reference).median()),
        megabytes(all, Figures::clientResidentBytes),
        megabytes(all, Figures::serverResidentBytes),
        all.getLast().description());
  }

  private static Spread rate(Workload workload, List<Run> all) {
    return spread(all, figures -> figures.rate(workload));
  }

  private static Spread cost(Workload workload, List<Run> all) {
    return spread(all, figures -> figures.cost(workload));
  }

  private static String megabytes(List<Run> all, ToDoubleFunction<Figures> bytes) {
    return String.format(Locale.ROOT, "%.0f", spread(all, bytes).median() / MEGABYTE);
  }

  private static Spread spread(List<Run> all, ToDoubleFunction<Figures> value) {
    return Spread.of(all.stream().map(Run::figures).mapToDouble(value).toArray());
  }

  /** With as many decimals as mean something. */
  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value);
  }
}
