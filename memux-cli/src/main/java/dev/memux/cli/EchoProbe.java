package dev.memux.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Somebody at a keyboard: says a little, waits until it comes back, and goes on after a moment. */
final class EchoProbe {
  private static final long PAUSE_MILLIS = 5;

  /** One exchange. */
  interface Exchange {
    /** Sends something small and blocks until it is back. */
    void run() throws IOException;
  }

  /**
   * How long exchanges took.
   *
   * @param nanos in ascending order, at least one
   */
  record Times(List<Long> nanos) {
    Times {
      nanos = nanos.stream().sorted().toList();
    }

    /** The time that this share of the exchanges did not exceed. */
    double millis(double share) {
      int index = (int) Math.ceil(share * nanos.size()) - 1;
      return nanos.get(Math.clamp(index, 0, nanos.size() - 1)) / 1e6;
    }
  }

  private EchoProbe() {}

  /** Exchanges for so long. */
  static Times run(Exchange exchange, long seconds) throws IOException, InterruptedException {
    List<Long> times = new ArrayList<>();
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    do {
      long beginNanos = System.nanoTime();
      exchange.run();
      times.add(System.nanoTime() - beginNanos);
      Thread.sleep(PAUSE_MILLIS);
    } while (System.nanoTime() < endNanos);
    return new Times(times);
  }
}
