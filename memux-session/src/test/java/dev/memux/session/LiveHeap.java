package dev.memux.session;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What lives in the heap after a collection, counted object by object: what the collector says is
 * rounded up to its regions. {@code memux.histogram} shows which objects they are.
 */
final class LiveHeap {
  /** Within which what is needed only while something goes on has been let go. */
  private static final int REST_SECONDS = 20;

  /** After which so many looks, half a second apart, nothing more is expected to go. */
  private static final int QUIET_LOOKS = 4;

  private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int HISTOGRAM_LINES = 60;

  private LiveHeap() {}

  static long bytes() {
    String histogram = histogram();
    if (Boolean.getBoolean("memux.histogram")) {
      histogram.lines().limit(HISTOGRAM_LINES).forEach(System.out::println);
    }
    String total = histogram.lines().filter(line -> line.startsWith("Total")).findFirst().get();
    return Long.parseLong(total.strip().split(" +")[2]);
  }

  /** Waits until it grows no smaller, by more than {@code noticeableBytes}. */
  static long bytesAtRest(long noticeableBytes) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(REST_SECONDS);
    long least = bytes();
    for (int unchanged = 0; unchanged < QUIET_LOOKS && System.nanoTime() < deadline; ) {
      LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
      long now = bytes();
      unchanged = now < least - noticeableBytes ? 0 : unchanged + 1;
      least = Math.min(now, least);
    }
    return least;
  }

  private static String histogram() {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "gcClassHistogram",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }
}
