package dev.memux.engine.mux;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.SchedulerConfig;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.ReceiveWindow;

/**
 * What a connection grants its peer and keeps in memory.
 *
 * @param streamWindowBytes flow-control credit that each stream begins with (RFC 9000 §4.1)
 * @param maxStreamWindowBytes what a stream's credit may grow to as it follows the path
 * @param connectionWindowBytes credit that all streams together begin with
 * @param maxConnectionWindowBytes what that may grow to: the most that a peer can make us buffer,
 *     but for {@link #RECEIVE_OVERHEAD_BYTES} a stream
 * @param maxBidiStreams how many bidirectional streams the peer may have open at once
 * @param maxUniStreams how many unidirectional streams the peer may have open at once
 * @param minSendBufferBytes what a stream may always have written and not yet acknowledged, and the
 *     most that it may have written and not yet sent
 * @param maxSendBufferBytes what that may grow to as it follows the congestion window
 * @param maxSendMemoryBytes what all streams together may have written and not yet acknowledged, in
 *     memory that is held for it; at the cap writes take nothing and wait for room
 * @param priority what a stream has that the peer opens
 * @param scheduler how streams share the connection
 * @param datagrams unreliable datagrams
 * @param streamPriority whether the peer may say how important our data is to it (STREAM_PRIORITY).
 *     HTTP has means of its own (RFC 9218) and turns it off.
 */
public record MuxConfig(
    long streamWindowBytes,
    long maxStreamWindowBytes,
    long connectionWindowBytes,
    long maxConnectionWindowBytes,
    long maxBidiStreams,
    long maxUniStreams,
    int minSendBufferBytes,
    int maxSendBufferBytes,
    long maxSendMemoryBytes,
    Priority priority,
    SchedulerConfig scheduler,
    DatagramConfig datagrams,
    boolean streamPriority) {

  /**
   * A stream can fill 1 Gbit/s over 200 ms, 25 MB: half of the window may be consumed before the
   * peer is told of more.
   */
  public static final MuxConfig DEFAULT =
      new MuxConfig(
          512 << 10,
          64 << 20,
          1 << 20,
          96 << 20,
          100,
          100,
          256 << 10,
          64 << 20,
          96 << 20,
          Priority.DEFAULT_INCREMENTAL,
          SchedulerConfig.DEFAULT,
          DatagramConfig.DISABLED,
          true);

  /**
   * @throws IllegalArgumentException if a window or buffer is not positive, or a bound below what
   *     it bounds
   */
  public MuxConfig {
    // Credit comes back as data is read: a window of nothing would stay one.
    require(streamWindowBytes > 0 && streamWindowBytes <= maxStreamWindowBytes, "stream window");
    require(
        connectionWindowBytes > 0 && connectionWindowBytes <= maxConnectionWindowBytes,
        "connection window");
    require(maxBidiStreams >= 0 && maxBidiStreams <= MAX_STREAMS, "bidirectional streams");
    require(maxUniStreams >= 0 && maxUniStreams <= MAX_STREAMS, "unidirectional streams");
    require(minSendBufferBytes > 0 && minSendBufferBytes <= maxSendBufferBytes, "send buffer");
    require(maxSendMemoryBytes >= MIN_MEMORY_BYTES, "memory to send");
  }

  /**
   * What a stream may hold beyond the data that credit allows: the chunks where that begins and
   * ends. Sparse data holds no more, for credit counts gaps as well.
   */
  public static final long RECEIVE_OVERHEAD_BYTES = 2 * ChunkPool.CHUNK_BYTES;

  /** Below this few streams could hold a chunk each. */
  public static final long MIN_MEMORY_BYTES = 16 << 10;

  /** A limit of our own: each stream open costs memory. */
  public static final long MAX_STREAMS = 1 << 20;

  /** The same with other stream limits. */
  public MuxConfig withStreams(long bidirectional, long unidirectional) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        bidirectional,
        unidirectional,
        minSendBufferBytes,
        maxSendBufferBytes,
        maxSendMemoryBytes,
        priority,
        scheduler,
        datagrams,
        streamPriority);
  }

  /** The same with other receive windows. */
  public MuxConfig withWindows(long stream, long maxStream, long connection, long maxConnection) {
    return new MuxConfig(
        stream,
        maxStream,
        connection,
        maxConnection,
        maxBidiStreams,
        maxUniStreams,
        minSendBufferBytes,
        maxSendBufferBytes,
        maxSendMemoryBytes,
        priority,
        scheduler,
        datagrams,
        streamPriority);
  }

  /** The same with other bounds of what a stream may have written. */
  public MuxConfig withSendBuffers(int min, int max) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        maxBidiStreams,
        maxUniStreams,
        min,
        max,
        maxSendMemoryBytes,
        priority,
        scheduler,
        datagrams,
        streamPriority);
  }

  /** The same with another bound of a connection's memory for data to be sent. */
  public MuxConfig withMaxSendMemory(long bytes) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        maxBidiStreams,
        maxUniStreams,
        minSendBufferBytes,
        maxSendBufferBytes,
        bytes,
        priority,
        scheduler,
        datagrams,
        streamPriority);
  }

  /**
   * What connections begin with while memory is scarce: smaller windows, down to {@link
   * ReceiveWindow#FLOOR_BYTES}.
   */
  public MuxConfig under(MemoryBudget.Pressure pressure) {
    return switch (pressure) {
      case NONE -> this;
      case HIGH -> beginningWith(4 * ReceiveWindow.FLOOR_BYTES);
      case CRITICAL -> beginningWith(ReceiveWindow.FLOOR_BYTES);
    };
  }

  private MuxConfig beginningWith(long windowBytes) {
    return withWindows(
        Math.min(streamWindowBytes, windowBytes),
        maxStreamWindowBytes,
        Math.min(connectionWindowBytes, windowBytes),
        maxConnectionWindowBytes);
  }

  /** The same with another scheduler. */
  public MuxConfig withScheduler(SchedulerConfig other) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        maxBidiStreams,
        maxUniStreams,
        minSendBufferBytes,
        maxSendBufferBytes,
        maxSendMemoryBytes,
        priority,
        other,
        datagrams,
        streamPriority);
  }

  /** The same with other datagrams. */
  public MuxConfig withDatagrams(DatagramConfig other) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        maxBidiStreams,
        maxUniStreams,
        minSendBufferBytes,
        maxSendBufferBytes,
        maxSendMemoryBytes,
        priority,
        scheduler,
        other,
        streamPriority);
  }

  /** The same with or without STREAM_PRIORITY. */
  public MuxConfig withStreamPriority(boolean taken) {
    return new MuxConfig(
        streamWindowBytes,
        maxStreamWindowBytes,
        connectionWindowBytes,
        maxConnectionWindowBytes,
        maxBidiStreams,
        maxUniStreams,
        minSendBufferBytes,
        maxSendBufferBytes,
        maxSendMemoryBytes,
        priority,
        scheduler,
        datagrams,
        taken);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("out of range: " + what);
    }
  }
}
