package dev.memux.cli;

import dev.memux.sim.goodput.Fairness;
import dev.memux.sim.goodput.FairnessCase;
import dev.memux.sim.goodput.FairnessTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code memux lab fairness}: how flows of different congestion controls share a link. */
@Command(
    name = "fairness",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Measure how bulk transfers share a simulated link.", ""},
    description = {
      "",
      "Every two of NewReno, CUBIC and BBR, and each with itself, one flow against one and two"
          + " against two, before a queue for half, one and four products of rate and round trip:"
          + " Jain's index, what is used of the link and what each flow has, as a table in"
          + " Markdown, which is always the same for the same seed. Time is virtual; all of it"
          + " takes less than a minute.",
      "",
      "CUBIC flows among themselves have to reach an index of 0.95. The exit code says whether they"
          + " did.",
      ""
    },
    footer = {"", "For example:", "  memux lab fairness > docs/fairness.md"})
final class LabFairnessCommand implements Callable<Integer> {
  @Option(
      names = "--seconds",
      paramLabel = "NUMBER",
      defaultValue = "60",
      description = "How long each is measured, in virtual time (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--seed",
      paramLabel = "NUMBER",
      defaultValue = "1",
      description = "Of everything random (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws InterruptedException {
    if (seconds < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--seconds must be at least 1");
    }
    List<FairnessCase> cases = FairnessCase.all();
    List<Callable<Fairness>> runs = new ArrayList<>();
    for (FairnessCase line : cases) {
      runs.add(() -> line.run(seconds, seed));
    }
    List<Fairness> results = Simulations.run(runs);
    System.out.print(FairnessTable.markdown(cases, results, seconds, seed));
    boolean isSufficient = true;
    for (int i = 0; i < results.size(); i++) {
      isSufficient &= results.get(i).jainIndex() >= cases.get(i).requiredIndex();
    }
    return isSufficient ? ExitCode.OK : ExitCode.FAILURE;
  }
}
