package dev.memux.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process has used so far.
 *
 * @param cpuNanos of all its threads; -1: not known
 * @param residentBytes memory that it has in RAM now; -1: not known
 * @param packetBytes payload of a full UDP datagram on the session asked about
 */
public record PerfUsage(long cpuNanos, long residentBytes, long packetBytes) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  /** This process, now. */
  public static PerfUsage now(long packetBytes) {
    return new PerfUsage(cpu(), resident(), packetBytes);
  }

  private static long cpu() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : -1;
  }

  /** Linux says so in a file; elsewhere it is not known. */
  private static long resident() {
    if (!Files.isReadable(STATUS)) {
      return -1;
    }
    try {
      for (String line : Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith(RESIDENT)) {
          return Long.parseLong(line.substring(RESIDENT.length()).replace("kB", "").strip()) << 10;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
    return -1;
  }

  /** As it goes over the wire. */
  public byte[] encode() {
    return ByteBuffer.allocate(3 * Long.BYTES)
        .putLong(cpuNanos)
        .putLong(residentBytes)
        .putLong(packetBytes)
        .array();
  }

  /** Of {@link #encode}. */
  public static PerfUsage read(InputStream in) throws IOException {
    return new PerfUsage(
        PerfProtocol.readLong(in), PerfProtocol.readLong(in), PerfProtocol.readLong(in));
  }
}
