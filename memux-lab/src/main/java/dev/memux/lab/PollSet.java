package dev.memux.lab;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/** Descriptors that a thread waits for together ({@code ppoll(2)}). */
final class PollSet {
  // struct pollfd { int fd; short events; short revents; }
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTS = 4;

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SystemCalls system;
  private final int count;
  private final MemorySegment pollfds;
  private final MemorySegment timespec;

  PollSet(SystemCalls system, Arena arena, int... descriptors) {
    this.system = system;
    this.count = descriptors.length;
    pollfds = arena.allocate((long) count * POLLFD_BYTES, Long.BYTES);
    timespec = arena.allocate(2 * Long.BYTES, Long.BYTES);
    for (int i = 0; i < count; i++) {
      pollfds.set(JAVA_INT, (long) i * POLLFD_BYTES, descriptors[i]);
      pollfds.set(JAVA_SHORT, (long) i * POLLFD_BYTES + EVENTS, SystemCalls.POLLIN);
    }
  }

  /** Waits until one is readable, for {@code nanos} at most. */
  void await(long nanos) throws IOException {
    if (nanos > 0) {
      timespec.set(JAVA_LONG, 0, nanos / SECOND_NANOS);
      timespec.set(JAVA_LONG, Long.BYTES, nanos % SECOND_NANOS);
      system.poll(pollfds, count, timespec);
    }
  }
}
