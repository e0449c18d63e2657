package dev.memux.cli;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.goodput.BulkTransfer;
import dev.memux.sim.goodput.Goodput;
import dev.memux.sim.goodput.GoodputLink;
import dev.memux.sim.goodput.GoodputTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code memux lab goodput}: how much of a link a bulk transfer uses. */
@Command(
    name = "goodput",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = {"Measure how much of simulated links a bulk transfer uses, against theory.", ""},
    description = {
      "",
      "Links of 10, 100 and 1000 Mbit/s, with round trips of 10, 50 and 200 ms, without loss and"
          + " with 0.1 and 1 %% of it, and with a queue for the product of rate and round trip:"
          + " CUBIC's goodput after the first 20 round trips, and BBR's on all but the fastest, as"
          + " tables in Markdown, which are always the same for the same seed. Time is virtual; the"
          + " links of 1000 Mbit/s take about a minute each where nothing is lost.",
      "",
      "Without loss 95 %% of what the link takes are asked for, with loss 85 %% of RFC 9438's"
          + " response function, where that is less. The exit code says whether each link got it.",
      ""
    },
    footer = {"", "For example:", "  memux lab goodput > docs/goodput.md"})
final class LabGoodputCommand implements Callable<Integer> {
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
    List<Callable<Goodput>> transfers = new ArrayList<>();
    for (GoodputLink link : GoodputLink.all()) {
      transfers.add(() -> transfer(link, CongestionControl.CUBIC));
    }
    for (GoodputLink link : GoodputLink.upTo100Megabits()) {
      transfers.add(() -> transfer(link, CongestionControl.BBR));
    }
    List<Goodput> all = Simulations.run(transfers);
    List<Goodput> cubic = all.subList(0, GoodputLink.all().size());
    List<Goodput> bbr = all.subList(cubic.size(), all.size());
    System.out.print(GoodputTable.markdown(cubic, bbr, seconds, seed));
    return cubic.stream().allMatch(Goodput::isSufficient) ? ExitCode.OK : ExitCode.FAILURE;
  }

  private Goodput transfer(GoodputLink link, CongestionControl control) {
    QuicConfig config = QuicConfig.DEFAULT.withCongestion(control);
    return new BulkTransfer(link, config, seed).run(seconds);
  }
}
