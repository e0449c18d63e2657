package dev.memux.bench;

import java.util.Locale;

/** What a client does, over and over, while it is measured. */
enum Workload {
  /** One stream of {@link Plan#bytes}. */
  BULK(1, 1),
  /** A hundred streams of one connection, which share the bytes. */
  STREAMS(1, 100),
  /** Small exchanges, a hundred at once, all on one connection. */
  REQUESTS(1, 100),
  /** The same, over a hundred connections. */
  REQUESTS_100(100, 100),
  /** Connections, each with a full handshake and one small exchange. */
  HANDSHAKES(0, 16),
  /** The same with sessions that are resumed. */
  RESUMED(0, 16),
  /**
   * GET requests of a small file, a hundred at once on two connections: many servers allow a
   * hundred streams and no more, and so many leave no room for what has ended and is not yet known
   * to have.
   */
  HTTP3(2, 100),
  /** The same, all asked by one client: how much is the server's. */
  HTTP3_ONE_CLIENT(2, 100),
  /** Connections that are opened and then left alone. */
  IDLE(0, 16);

  private final int connections;
  private final int concurrency;

  Workload(int connections, int concurrency) {
    this.connections = connections;
    this.concurrency = concurrency;
  }

  /** How many are opened before anything is measured; 0: they are what is measured. */
  int connections() {
    return connections;
  }

  /** How much is under way at once. */
  int concurrency() {
    return concurrency;
  }

  /** Whether what counts is bytes, and not how often something was done. */
  boolean countsBytes() {
    return this == BULK || this == STREAMS;
  }

  /** Whether what is measured is connections. */
  boolean connects() {
    return connections == 0;
  }

  /** Whether it is HTTP/3. */
  boolean isHttp3() {
    return this == HTTP3 || this == HTTP3_ONE_CLIENT;
  }

  /** What its rate is counted in. */
  String unit() {
    return countsBytes() ? "Gbit/s" : "/s";
  }

  /** As the command line has it. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Workload of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
