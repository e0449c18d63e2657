package dev.memux.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What else the machine does. */
final class Machine {
  private static final Path CPU_TIMES = Path.of("/proc/stat");
  private static final int IDLE_FIELD = 4;
  private static final int WAIT_FIELD = 5;
  private static final long LOOK_MILLIS = 250;

  private Machine() {}

  /**
   * The share of its processors' time that others take, measured for a moment; 0 where nobody says.
   */
  static double busyShare() throws IOException, InterruptedException {
    if (!Files.isReadable(CPU_TIMES)) {
      return 0;
    }
    long[] before = times();
    Thread.sleep(LOOK_MILLIS);
    long[] after = times();
    long all = after[0] - before[0];
    return all == 0 ? 0 : 1 - (double) (after[1] - before[1]) / all;
  }

  /** All time, and that without work. */
  private static long[] times() throws IOException {
    String[] fields =
        Files.readAllLines(CPU_TIMES, StandardCharsets.ISO_8859_1).getFirst().split("\\s+");
    long all = 0;
    for (int i = 1; i < fields.length; i++) {
      all += Long.parseLong(fields[i]);
    }
    return new long[] {
      all, Long.parseLong(fields[IDLE_FIELD]) + Long.parseLong(fields[WAIT_FIELD])
    };
  }
}
