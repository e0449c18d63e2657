package dev.memux.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a process has used so far, as Linux says; both numbers are 0 where nobody says it.
 *
 * @param cpuNanos of all its threads, in steps of 10 ms
 * @param residentBytes memory that it has in RAM now
 */
record ProcessUsage(long cpuNanos, long residentBytes) {
  private static final String RESIDENT = "VmRSS:";

  static ProcessUsage of(ProcessHandle process) throws IOException {
    long cpuNanos = process.info().totalCpuDuration().map(d -> d.toNanos()).orElse(0L);
    return new ProcessUsage(cpuNanos, resident(Path.of("/proc", process.pid() + "", "status")));
  }

  private static long resident(Path status) throws IOException {
    if (!Files.isReadable(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status, StandardCharsets.ISO_8859_1)) {
      if (line.startsWith(RESIDENT)) {
        String kilobytes = line.substring(RESIDENT.length()).toLowerCase(Locale.ROOT);
        return Long.parseLong(kilobytes.replace("kb", "").strip()) << 10;
      }
    }
    return 0;
  }
}
