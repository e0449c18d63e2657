package dev.memux.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A line on a terminal that is drawn anew several times a second while downloads go on. */
final class ProgressBar {
  private static final long FRAME_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int BAR_CELLS = 24;
  // The rate is that of the last seconds: a mean over all would hide a stall.
  private static final double RATE_SMOOTHING = 0.15;

  private final List<Download> downloads;
  private final PrintStream terminal;
  private final Thread painter;
  private final long startNanos;
  private volatile boolean closed;
  private long lastBytes;
  private long lastNanos;
  private double bytesPerSecond;

  /** Begins to draw. */
  ProgressBar(List<Download> downloads, PrintStream terminal) {
    this.downloads = downloads;
    this.terminal = terminal;
    startNanos = System.nanoTime();
    lastNanos = startNanos;
    painter = Thread.ofVirtual().name("memux-progress").start(this::paint);
  }

  /** Puts what all came to in place of the line. */
  void close() {
    closed = true;
    LockSupport.unpark(painter);
    try {
      painter.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    terminal.println("\r" + summary(System.nanoTime()) + "\u001b[K");
    terminal.flush();
  }

  private String summary(long nowNanos) {
    long received = downloads.stream().mapToLong(Download::receivedBytes).sum();
    double seconds = Math.max(1, nowNanos - startNanos) / 1e9;
    return Sizes.bytes(received)
        + " in "
        + String.format(Locale.ROOT, "%.1f s  ", seconds)
        + Sizes.bytes((long) (received / seconds))
        + "/s";
  }

  private void paint() {
    while (!closed) {
      LockSupport.parkNanos(FRAME_NANOS);
      if (!closed) {
        terminal.print("\r" + line(System.nanoTime()) + "\u001b[K");
        terminal.flush();
      }
    }
  }

  /** What to show now. */
  String line(long nowNanos) {
    long received = 0;
    long expected = 0;
    int done = 0;
    for (Download download : downloads) {
      received += download.receivedBytes();
      long length = download.expectedBytes();
      expected = length < 0 || expected < 0 ? -1 : expected + length;
      done += download.outcome().isDone() ? 1 : 0;
    }
    updateRate(received, nowNanos);
    StringBuilder text = new StringBuilder();
    if (expected > 0) {
      text.append(bar(Math.min(1, received / (double) expected)));
    }
    text.append(Sizes.bytes(received)).append("  ").append(Sizes.bytes((long) bytesPerSecond));
    text.append("/s");
    if (expected > 0 && bytesPerSecond > 0) {
      long secondsLeft = (long) Math.ceil((expected - received) / bytesPerSecond);
      text.append("  ").append(Sizes.duration(Math.max(0, secondsLeft))).append(" left");
    }
    if (downloads.size() > 1) {
      text.append("  ").append(done).append('/').append(downloads.size()).append(" files");
    }
    return text.toString();
  }

  private void updateRate(long received, long nowNanos) {
    long elapsedNanos = nowNanos - lastNanos;
    if (elapsedNanos <= 0) {
      return;
    }
    double current = (received - lastBytes) * 1e9 / elapsedNanos;
    bytesPerSecond =
        bytesPerSecond == 0
            ? current
            : bytesPerSecond + RATE_SMOOTHING * (current - bytesPerSecond);
    lastBytes = received;
    lastNanos = nowNanos;
  }

  private static String bar(double share) {
    int full = (int) (share * BAR_CELLS);
    return String.format(Locale.ROOT, "%3d%% [", (int) (share * 100))
        + "=".repeat(full)
        + " ".repeat(BAR_CELLS - full)
        + "]  ";
  }
}
