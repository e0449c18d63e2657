package dev.memux.interop;

import java.util.ArrayList;
import java.util.List;

/** The matrix for a terminal: a line for each case, a column for each pair. */
final class TextTable {
  private static final String GAP = "  ";

  private TextTable() {}

  static String of(Results results) {
    List<List<String>> lines = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    results.pairs().forEach(pair -> head.add(pair.toString()));
    lines.add(head);
    for (TestCase testCase : results.cases()) {
      List<String> line = new ArrayList<>(List.of(testCase.label()));
      for (Pair pair : results.pairs()) {
        line.add(results.text(results.of(pair, testCase)));
      }
      lines.add(line);
    }
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> append(text, line, widths(lines)));
    results.reasons().forEach(reason -> text.append('\n').append(reason));
    return text.append('\n').toString();
  }

  private static int[] widths(List<List<String>> lines) {
    int[] widths = new int[lines.getFirst().size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    return widths;
  }

  private static void append(StringBuilder text, List<String> line, int[] widths) {
    StringBuilder padded = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      padded.append(line.get(i)).repeat(' ', widths[i] - line.get(i).length()).append(GAP);
    }
    text.append(padded.toString().stripTrailing()).append('\n');
  }
}
