package dev.memux.netty;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Streams that the peer has opened and the application has not been given yet: they are read from
 * the connection's channel like messages, so a channel that does not read takes none on. How many
 * can wait is bounded by the stream limit that the peer was given.
 */
final class InboundStreams {
  private final MuxQuicChannel channel;
  private final Queue<MuxQuicStreamChannel> waiting = new ArrayDeque<>();

  private boolean readPending;
  private boolean delivering;

  InboundStreams(MuxQuicChannel channel) {
    this.channel = channel;
  }

  /** The application asks for streams. */
  void beginRead() {
    readPending = true;
    if (!waiting.isEmpty() && !delivering) {
      channel.eventLoop().execute(this::complete);
    }
  }

  void add(MuxQuicStreamChannel stream) {
    waiting.add(stream);
  }

  void remove(MuxQuicStreamChannel stream) {
    waiting.remove(stream);
  }

  /**
   * Delivers all that wait, if the application has asked.
   *
   * @return whether there was something to deliver
   */
  boolean complete() {
    if (delivering) {
      return false;
    }
    delivering = true;
    boolean delivered = false;
    try {
      while (readPending && !waiting.isEmpty()) {
        readPending = false;
        delivered = true;
        for (MuxQuicStreamChannel next; (next = waiting.poll()) != null; ) {
          deliver(next);
        }
        channel.pipeline().fireChannelReadComplete();
      }
    } finally {
      delivering = false;
    }
    return delivered;
  }

  private void deliver(MuxQuicStreamChannel stream) {
    if (stream.isOpen()) {
      channel.pipeline().fireChannelRead(stream);
      stream.resume();
    }
  }
}
