package dev.memux.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs test cases between pairs of implementations and shows how they ended. */
@Command(
    name = "memux-interop",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Run the QUIC interop runner's test cases over an emulated network.", ""},
    description = {
      "",
      "memux with itself, and as client and as server with each of the others. The exit code is 1"
          + " when a case has failed; those that one end does not support are no failures.",
      ""
    })
final class Matrix implements Callable<Integer> {
  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "NAME",
      description = "Separated by commas (default: all that are installed).")
  private List<String> peers = List.of();

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "NAME",
      description = "Separated by commas, as the runner calls them (default: all).")
  private List<String> cases = List.of();

  @Option(names = "--brief", description = "Less data, and networks that do things sooner.")
  private boolean brief;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often each is run, with another seed each time.")
  private int repeat;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many run at once (default: ${DEFAULT-VALUE}).")
  private int jobs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "What the network's chance begins with (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--html", paramLabel = "FILE", description = "Write the matrix as a page, too.")
  private @Nullable Path html;

  @Option(
      names = "--keep",
      paramLabel = "FOLDER",
      description = "Keep what each run leaves: logs, secrets and files.")
  private @Nullable Path keep;

  @Option(
      names = "--survival",
      description =
          "Instead of cases, show what changing addresses and black holes add to a download.")
  private boolean survival;

  private Matrix() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Matrix());
    command.setExecutionExceptionHandler(
        (failure, at, parsed) -> {
          if (failure instanceof IllegalArgumentException) {
            System.err.println(failure.getMessage());
            return CommandLine.ExitCode.USAGE;
          }
          throw failure;
        });
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (survival) {
      Path folder = folder();
      try {
        System.out.print(Survival.run(folder));
      } finally {
        leave(folder);
      }
      return CommandLine.ExitCode.OK;
    }
    Results results = new Results(Pair.of(selectedPeers()), selectedCases());
    run(results);
    System.out.print(TextTable.of(results));
    if (html != null) {
      Files.writeString(html, HtmlPage.of(results, about()));
    }
    return results.isGreen() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private String about() {
    return "The test cases of the QUIC interop runner, client → server, with the seconds that the"
        + " client took"
        + (repeat > 1 ? " (the longest of " + repeat + " runs)" : "")
        + (brief ? "; with less data than the runner's." : ".");
  }

  private List<Peer> selectedPeers() {
    return peers.isEmpty()
        ? Peers.ALL.stream().filter(Peer::isInstalled).toList()
        : peers.stream().map(Peers::named).toList();
  }

  private List<TestCase> selectedCases() {
    if (cases.isEmpty()) {
      return List.of(TestCase.values());
    }
    return cases.stream()
        .map(
            name ->
                Arrays.stream(TestCase.values())
                    .filter(known -> known.label().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no case is called " + name)))
        .toList();
  }

  private void run(Results results) throws InterruptedException, IOException {
    Path folder = folder();
    try (ExecutorService workers = Executors.newFixedThreadPool(jobs)) {
      List<Future<?>> runs = new ArrayList<>();
      for (Pair pair : results.pairs()) {
        for (TestCase testCase : results.cases()) {
          for (int i = 0; i < repeat; i++) {
            long number = seed + i;
            Path own = folder.resolve(testCase.label() + " " + pair + " " + number);
            runs.add(workers.submit(() -> run(results, pair, testCase, number, own)));
          }
        }
      }
      for (Future<?> each : runs) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a run could not be made", e.getCause());
    } finally {
      leave(folder);
    }
  }

  private Path folder() throws IOException {
    return keep == null ? Files.createTempDirectory("memux-interop") : keep;
  }

  private void leave(Path folder) throws IOException {
    if (keep == null) {
      Folders.delete(folder);
    }
  }

  private Outcome run(Results results, Pair pair, TestCase testCase, long number, Path own)
      throws IOException, InterruptedException {
    Folders.delete(own);
    Files.createDirectories(own);
    TestCase.Plan plan = brief ? testCase.brief() : testCase.full();
    Outcome outcome = new CaseRun(testCase, plan, pair.client(), pair.server(), number, own).run();
    results.add(pair, testCase, outcome);
    System.err.println(testCase.label() + ", " + pair + " #" + number + ": " + outcome);
    if (keep == null) {
      Folders.delete(own);
    }
    return outcome;
  }
}
