package dev.memux.cli;

/**
 * What is measured.
 *
 * @param bytes of all streams together (bulk, streams)
 * @param streams at once (streams)
 * @param requests how many there are (requests, handshakes, resumptions)
 * @param concurrency how many are under way at once (requests, handshakes, resumptions)
 * @param warmup bytes or requests, as the workload counts, that are not measured
 * @param requestBytes of a request, the header included
 * @param responseBytes of a response
 */
public record PerfPlan(
    Workload workload,
    Direction direction,
    long bytes,
    int streams,
    long requests,
    int concurrency,
    long warmup,
    int requestBytes,
    int responseBytes) {
  /** What there is to measure. */
  public enum Workload {
    /** One stream. */
    BULK,
    /** Many streams that share the bytes. */
    STREAMS,
    /** Small exchanges, each on a stream of its own. */
    REQUESTS,
    /** Connections, each with a full handshake. */
    HANDSHAKES,
    /** Connections that all resume a session. */
    RESUMPTIONS;

    boolean countsBytes() {
      return this == BULK || this == STREAMS;
    }
  }

  /** Where most bytes go, as the client sees it. */
  public enum Direction {
    DOWNLOAD,
    UPLOAD
  }

  /** One stream to the client. */
  public static PerfPlan bulk(long bytes, long warmup) {
    return new PerfPlan(Workload.BULK, Direction.DOWNLOAD, bytes, 1, 1, 1, warmup, 0, 0);
  }
}
