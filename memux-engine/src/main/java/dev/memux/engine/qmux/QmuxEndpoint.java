package dev.memux.engine.qmux;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.TransportParameters;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the QMux connections of one loop, and has the memory that they share. One thread owns it
 * and all its connections. After a connection's last event, {@link #forget} it.
 */
public final class QmuxEndpoint {
  private final QmuxConfig config;
  private final ChunkPool pool;
  private final RecordBuffers buffers;
  private final Set<QmuxConnection> connections = new HashSet<>();

  /**
   * @param memory what the connections of all endpoints of the process share
   */
  public QmuxEndpoint(QmuxConfig config, MemoryBudget memory) {
    this.config = config;
    this.pool = new ChunkPool(memory);
    this.buffers = new RecordBuffers(config.maxRecordBytes(), memory);
  }

  /** Begins a connection as its client, over a layer below that is ready. */
  public QmuxConnection connect(long nowNanos) {
    return add(false, null, nowNanos);
  }

  /**
   * Begins a connection as its client over a layer below that takes early data: streams can be used
   * at once, within the limits that the server had before (QMux §8.2).
   *
   * @param remembered of {@link TransportParameters#remembered}
   */
  public QmuxConnection connect(TransportParameters remembered, long nowNanos) {
    return add(false, remembered, nowNanos);
  }

  /** Begins a connection as its server, over a layer below that is ready. */
  public QmuxConnection accept(long nowNanos) {
    return add(true, null, nowNanos);
  }

  private QmuxConnection add(
      boolean server, @Nullable TransportParameters remembered, long nowNanos) {
    QmuxConnection connection =
        new QmuxConnection(server, config, remembered, pool, buffers, nowNanos);
    connections.add(connection);
    pool.budget().addConnections(1);
    return connection;
  }

  /** Frees what a connection holds; its last event has come, or nobody wants it any more. */
  public void forget(QmuxConnection connection) {
    if (connections.remove(connection)) {
      pool.budget().addConnections(-1);
      connection.release();
    }
  }
}
