package dev.memux.interop;

import java.util.List;
import java.util.Locale;

/** The matrix as a page. */
final class HtmlPage {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>memux: interoperability</title>
      <style>
        body { font: 15px/1.45 system-ui, sans-serif; color: #1c2126; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
        h1 { font-size: 1.5rem; margin: 0 }
        p { margin: .3rem 0 1.2rem; color: #566 }
        table { border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums }
        th { font-weight: 600; text-align: left; padding: .3rem .6rem; white-space: nowrap }
        td { padding: .3rem .6rem; text-align: center; white-space: nowrap; border-radius: 3px; min-width: 5.5rem }
        .succeeded { background: #d5efd9; color: #10521f }
        .failed { background: #f7cfcb; color: #7c130a; font-weight: 600 }
        .unsupported { background: #eef0f2; color: #778 }
        li { margin: .15rem 0 }
        @media (prefers-color-scheme: dark) {
          body { background: #15191d; color: #dde3e8 }
          p { color: #9ab }
          .succeeded { background: #1d4a28; color: #c6f0cf }
          .failed { background: #6b1e17; color: #ffd9d5 }
          .unsupported { background: #23292f; color: #8a96a2 }
        }
      </style>
      <h1>memux: interoperability</h1>
      """;

  private HtmlPage() {}

  /**
   * Makes the page.
   *
   * @param about what was run, in a sentence
   */
  static String of(Results results, String about) {
    StringBuilder page = new StringBuilder(HEAD);
    page.append("<p>").append(escape(about)).append("</p>\n<table>\n<tr><th></th>");
    results
        .pairs()
        .forEach(pair -> page.append("<th>").append(escape(title(pair))).append("</th>"));
    page.append("</tr>\n");
    for (TestCase testCase : results.cases()) {
      page.append("<tr><th>").append(testCase.label()).append("</th>");
      for (Pair pair : results.pairs()) {
        append(page, results, results.of(pair, testCase));
      }
      page.append("</tr>\n");
    }
    page.append("</table>\n<ul>\n");
    results.reasons().forEach(line -> page.append("<li>").append(escape(line)).append("</li>\n"));
    return page.append("</ul>\n</html>\n").toString();
  }

  private static String title(Pair pair) {
    return pair.client().name() + " → " + pair.server().name();
  }

  private static void append(StringBuilder page, Results results, List<Outcome> cell) {
    if (cell.isEmpty()) {
      page.append("<td></td>");
      return;
    }
    String style = results.status(cell).name().toLowerCase(Locale.ROOT);
    page.append("<td class=\"").append(style).append("\">");
    page.append(escape(results.text(cell))).append("</td>");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
