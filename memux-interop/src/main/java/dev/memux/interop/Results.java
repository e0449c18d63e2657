package dev.memux.interop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The outcomes of all runs, several of each where they are repeated. */
final class Results {
  private final List<Pair> pairs;
  private final List<TestCase> cases;
  private final Map<Key, List<Outcome>> outcomes = new LinkedHashMap<>();

  /** A cell. */
  private record Key(Pair pair, TestCase testCase) {}

  Results(List<Pair> pairs, List<TestCase> cases) {
    this.pairs = List.copyOf(pairs);
    this.cases = List.copyOf(cases);
  }

  List<Pair> pairs() {
    return pairs;
  }

  List<TestCase> cases() {
    return cases;
  }

  synchronized void add(Pair pair, TestCase testCase, Outcome outcome) {
    outcomes.computeIfAbsent(new Key(pair, testCase), key -> new ArrayList<>()).add(outcome);
  }

  synchronized List<Outcome> of(Pair pair, TestCase testCase) {
    return List.copyOf(outcomes.getOrDefault(new Key(pair, testCase), List.of()));
  }

  /** Whether nothing has failed. */
  synchronized boolean isGreen() {
    return outcomes.values().stream()
        .flatMap(List::stream)
        .noneMatch(outcome -> outcome.status() == Outcome.Status.FAILED);
  }

  /** The worst of a cell: a failure, or else the first. */
  Outcome.Status status(List<Outcome> cell) {
    return cell.stream()
        .map(Outcome::status)
        .filter(status -> status == Outcome.Status.FAILED)
        .findFirst()
        .orElse(cell.getFirst().status());
  }

  /** What stands in a cell. */
  String text(List<Outcome> cell) {
    if (cell.isEmpty()) {
      return "";
    }
    double seconds = cell.stream().mapToDouble(Outcome::seconds).max().orElse(0);
    long green = cell.stream().filter(Outcome::isGreen).count();
    String time = String.format(Locale.ROOT, "%.1f s", seconds);
    return switch (status(cell)) {
      case UNSUPPORTED -> "-";
      case SUCCEEDED -> cell.size() == 1 ? time : green + "/" + cell.size() + ", " + time;
      case FAILED -> cell.size() == 1 ? "FAILED" : "FAILED " + green + "/" + cell.size();
    };
  }

  /** What is not green, and why, a line each. */
  List<String> reasons() {
    List<String> lines = new ArrayList<>();
    for (Pair pair : pairs) {
      for (TestCase testCase : cases) {
        List<Outcome> cell = of(pair, testCase);
        for (int i = 0; i < cell.size(); i++) {
          for (String reason : cell.get(i).reasons()) {
            String run = cell.size() == 1 ? "" : " #" + i;
            lines.add(testCase.label() + run + ", " + pair + ": " + reason);
          }
        }
      }
    }
    return lines;
  }
}
