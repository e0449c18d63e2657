package dev.memux.bench;

/**
 * How much a client does.
 *
 * @param warmupNanos it does the same for at least that long before it is measured
 * @param bytes what is measured of workloads that count bytes
 * @param nanos for how long the others are measured
 */
record Plan(long warmupNanos, long bytes, long nanos) {
  /** What the warm-up of workloads that count bytes transfers at a time. */
  private static final int WARMUP_PARTS = 8;

  /** Does it, and tells what it took on both sides. */
  Figures run(Load load, Workload workload, ProcessHandle server) throws Exception {
    warmUp(load, workload);
    ProcessUsage serverBefore = ProcessUsage.of(server);
    ProcessUsage clientBefore = ProcessUsage.of(ProcessHandle.current());
    long fullBefore = load.fullHandshakes();
    long begin = System.nanoTime();
    long amount = bytes;
    if (workload.countsBytes()) {
      load.transfer(bytes);
    } else {
      amount = load.repeat(nanos);
    }
    long took = System.nanoTime() - begin;
    ProcessUsage clientAfter = ProcessUsage.of(ProcessHandle.current());
    ProcessUsage serverAfter = ProcessUsage.of(server);
    requireKind(workload, amount, load.fullHandshakes() - fullBefore);
    return new Figures(
        amount,
        took,
        clientAfter.cpuNanos() - clientBefore.cpuNanos(),
        serverAfter.cpuNanos() - serverBefore.cpuNanos(),
        clientAfter.residentBytes(),
        serverAfter.residentBytes());
  }

  private void warmUp(Load load, Workload workload) throws Exception {
    if (workload.countsBytes()) {
      long begin = System.nanoTime();
      do {
        load.transfer(Math.max(1, bytes / WARMUP_PARTS));
      } while (System.nanoTime() - begin < warmupNanos);
    } else {
      load.repeat(warmupNanos);
    }
  }

  /** Sessions that were to be resumed and were not would make another workload of it. */
  private static void requireKind(Workload workload, long connections, long full) {
    boolean asMeant =
        switch (workload) {
          case HANDSHAKES -> full >= connections;
          case RESUMED -> full <= connections / 10;
          case BULK, STREAMS, REQUESTS, REQUESTS_100, HTTP3, HTTP3_ONE_CLIENT, IDLE -> true;
        };
    if (!asMeant) {
      throw new IllegalStateException(
          full + " of " + connections + " handshakes were full in workload " + workload.label());
    }
  }
}
