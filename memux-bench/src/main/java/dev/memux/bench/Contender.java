package dev.memux.bench;

import java.io.IOException;
import java.util.Set;

/** A transport, and how its users run it. Each end of a run is in a process of its own. */
interface Contender {
  /** What it can do at all. */
  Set<Workload> workloads();

  /** Starts a server on a free port of the loopback address. */
  Server listen(Setting setting) throws Exception;

  /** Starts a client, with the connections that the workload needs. */
  Load connect(Setting setting, int port) throws Exception;

  /** What one round transfers where others transfer so much: less, if it would take minutes. */
  default long bytes(long usual) {
    return usual;
  }

  /** The UDP payload of a full packet where the user has asked for {@code usual}. */
  default int packetBytes(int usual) {
    return usual;
  }

  /** A server that runs. */
  interface Server extends AutoCloseable {
    int port();

    @Override
    void close() throws IOException;
  }
}
