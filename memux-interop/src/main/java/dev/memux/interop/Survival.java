package dev.memux.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a network that changes adds to a download of 10 MB by memux from memux. */
final class Survival {
  private static final int BYTES = 10 << 20;
  private static final int ROUNDS = 3;
  private static final long DELAY_MILLIS = 15;
  private static final Duration FIRST = Duration.ofSeconds(2);
  private static final Duration NEVER_AGAIN = Duration.ZERO;

  private Survival() {}

  /** Runs each network several times, in turn, and says what the medians are. */
  static String run(Path folder) throws IOException, InterruptedException {
    Map<String, List<Double>> seconds = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, Scenario> network : networks().entrySet()) {
        Path own = folder.resolve(network.getKey() + " " + round);
        Files.createDirectories(own);
        Outcome outcome = run(network.getValue(), round, own);
        if (!outcome.isGreen()) {
          throw new IOException(network.getKey() + ": " + outcome.reasons());
        }
        seconds.computeIfAbsent(network.getKey(), key -> new ArrayList<>()).add(outcome.seconds());
      }
    }
    return table(seconds);
  }

  private static Map<String, Scenario> networks() {
    Scenario steady = Scenario.delay(DELAY_MILLIS);
    Map<String, Scenario> networks = new LinkedHashMap<>();
    networks.put("steady", steady);
    networks.put("another port every 2 s", steady.rebinding(FIRST, FIRST, false));
    networks.put("another address once", steady.rebinding(FIRST, NEVER_AGAIN, true));
    networks.put("5 s on, 2 s off", steady.outages(Duration.ofSeconds(5), Duration.ofSeconds(2)));
    return networks;
  }

  private static Outcome run(Scenario scenario, int round, Path own)
      throws IOException, InterruptedException {
    Peer memux = Peers.named(Peers.MEMUX);
    TestCase.Plan plan = new TestCase.Plan(List.of(BYTES), scenario);
    return new CaseRun(TestCase.TRANSFER, plan, memux, memux, round, own).run();
  }

  private static String table(Map<String, List<Double>> seconds) {
    double steady = median(seconds.values().iterator().next());
    StringBuilder text = new StringBuilder();
    seconds.forEach(
        (network, all) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%-24s %6.2f s  %+6.1f %%  %s%n",
                    network,
                    median(all),
                    100 * (median(all) / steady - 1),
                    all)));
    return text.toString();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
