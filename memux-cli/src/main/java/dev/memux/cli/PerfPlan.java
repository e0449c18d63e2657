package dev.memux.cli;

/**
 * What is measured.
 *
 * @param bytes of all streams together (bulk, streams)
 * @param streams at once (streams)
 * @param requests how many there are (requests, handshakes)
 * @param concurrency how many are under way at once (requests, handshakes)
 * @param warmup bytes or requests, as the workload counts, that are not measured
 * @param requestBytes of a request, the header included
 * @param responseBytes of a response
 */
record PerfPlan(
    Workload workload,
    Direction direction,
    long bytes,
    int streams,
    long requests,
    int concurrency,
    long warmup,
    int requestBytes,
    int responseBytes) {
  enum Workload {
    /** One stream. */
    BULK,
    /** Many streams that share the bytes. */
    STREAMS,
    /** Small exchanges, each on a stream of its own. */
    REQUESTS,
    /** Connections, each with a full handshake. */
    HANDSHAKES;

    boolean countsBytes() {
      return this == BULK || this == STREAMS;
    }
  }

  /** Where most bytes go, as the client sees it. */
  enum Direction {
    DOWNLOAD,
    UPLOAD
  }
}
