package dev.memux.bench;

/**
 * What both ends of a run know.
 *
 * @param packetBytes UDP payload of a full packet, for those whose packets can be told
 */
record Setting(Workload workload, Credentials credentials, int packetBytes) {
  /** By which both ends know that they speak of the same thing (RFC 7301). */
  static final String ALPN = "memux-bench";

  /** Of a connection, in streams; no workload comes near it. */
  static final int MAX_STREAMS = 10_000;

  /** Idle connections are left alone for longer than it takes to open them. */
  static final long IDLE_TIMEOUT_SECONDS = 300;

  /** Event loops of an end: with one connection there is nothing that a second could do. */
  int loops() {
    return workload.connections() == 1 ? 1 : Runtime.getRuntime().availableProcessors();
  }
}
