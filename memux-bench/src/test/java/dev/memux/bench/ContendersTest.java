package dev.memux.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.quic.Quic;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** That contenders do what is measured; how fast they are is not a test's business. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ContendersTest {
  private static final Plan TINY = new Plan(20_000_000, 3_000_000, 100_000_000);

  /** By then each of those that connect at once has a session to resume. */
  private static final long FIRST_SESSIONS_NANOS = 500_000_000;

  @TempDir private static Path folder;

  @BeforeAll
  static void onLinux() throws Exception {
    assumeTrue(Epoll.isAvailable() && Quic.isAvailable(), "Linux on x86_64 only");
    Credentials.create(folder);
  }

  static Stream<Arguments> pairs() {
    return Contenders.all().keySet().stream()
        .flatMap(
            name ->
                Contenders.of(name).workloads().stream()
                    .filter(workload -> workload != Workload.IDLE)
                    .map(workload -> Arguments.of(name, workload)));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void eachDoesItsWorkloads(String name, Workload workload) throws Exception {
    Contender contender = Contenders.of(name);
    int packetBytes = contender.packetBytes(1452);
    Setting setting = new Setting(workload, Credentials.in(folder), packetBytes);
    try (Contender.Server server = contender.listen(setting);
        Load load = contender.connect(setting, server.port())) {
      long warmupNanos = workload == Workload.RESUMED ? FIRST_SESSIONS_NANOS : TINY.warmupNanos();
      Plan plan = new Plan(warmupNanos, contender.bytes(TINY.bytes()), TINY.nanos());
      Figures figures = plan.run(load, workload, ProcessHandle.current());
      Run run = new Run(name, workload, packetBytes, figures, load.description());
      assertTrue(figures.rate(workload) > 0, run.json());
      assertEquals(run, Run.parse(run.json()));
    }
  }
}
