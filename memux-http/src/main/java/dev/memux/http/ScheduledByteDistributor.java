package dev.memux.http;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.schedule.SchedulerConfig;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.StreamByteDistributor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the {@link Scheduler} decide which stream's DATA frames go next on an HTTP/2 connection, as
 * it does for the streams of QUIC. Frames that flow control does not govern never come here, so
 * that no stream holds them up.
 *
 * <p>Eligible is a stream with data and stream credit. What needs no credit, an empty frame with
 * the end or trailers, is to the scheduler what lost data is elsewhere: it goes when the connection
 * has no credit left too (RFC 9113 §6.9.1).
 */
final class ScheduledByteDistributor implements StreamByteDistributor {
  /**
   * A decision holds for so many bytes at most: four packets, for which a frame's nine bytes of
   * header are little.
   */
  static final int MAX_FRAME_BYTES = 6 * 1024;

  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Scheduler<Turns> scheduler;
  private final LongSupplier room;

  /** A stream's place among the others. */
  private static final class Turns {
    private final Http2Stream stream;
    private @Nullable StreamState state;
    private boolean writing;
    private boolean closed;

    Turns(Http2Stream stream) {
      this.stream = stream;
    }
  }

  /**
   * A distributor for a connection that has no streams yet.
   *
   * @param room how many bytes the layer below takes without piling them up: once it is used up no
   *     more is decided, whatever flow control allows
   */
  ScheduledByteDistributor(Http2Connection connection, SchedulerConfig config, LongSupplier room) {
    this.connection = connection;
    this.room = room;
    key = connection.newKey();
    scheduler = new Scheduler<>(config);
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamAdded(Http2Stream stream) {
            stream.setProperty(
                key,
                scheduler.add(
                    stream.id(), new Turns(stream), Priority.DEFAULT, scheduler.defaultGroup()));
          }

          @Override
          public void onStreamClosed(Http2Stream stream) {
            close(entry(stream));
          }
        });
  }

  /** Changes the priority of everything of a stream that was not sent yet; unknown: nothing. */
  void prioritize(int streamId, Priority priority) {
    Http2Stream stream = connection.stream(streamId);
    if (stream != null && !entry(stream).stream().closed) {
      scheduler.prioritize(entry(stream), priority);
    }
  }

  @Override
  public void updateStreamableBytes(StreamState state) {
    if (state.stream().id() == Http2CodecUtil.CONNECTION_STREAM_ID) {
      return; // connection credit limits what is asked of distribute
    }
    Entry<Turns> entry = entry(state.stream());
    Turns turns = entry.stream();
    turns.state = state;
    if (!turns.writing && !turns.closed) {
      place(entry, state);
    }
  }

  /** The dependencies of RFC 7540 are told to clients as not used (RFC 9218 §2.1). */
  @Override
  public void updateDependencyTree(int child, int parent, short weight, boolean exclusive) {}

  @Override
  public boolean distribute(int maxBytes, Writer writer) throws Http2Exception {
    int left = maxBytes;
    while (true) {
      int now = (int) Math.min(left, Math.max(0, room.getAsLong()));
      Entry<Turns> next = scheduler.next(now <= 0);
      if (next == null) {
        // What only waits for room is no reason to be asked again before there is some.
        return now == left && scheduler.hasEligible(false);
      }
      left -= serve(next, now, writer);
    }
  }

  private int serve(Entry<Turns> entry, int maxBytes, Writer writer) throws Http2Exception {
    Turns turns = entry.stream();
    StreamState state = turns.state;
    if (state == null) {
      throw new IllegalStateException(entry + " is eligible with nothing to send");
    }
    scheduler.beginPacket();
    int streamable = Http2CodecUtil.streamableBytes(state);
    int allocated = Math.min(Math.min(streamable, Math.max(0, maxBytes)), MAX_FRAME_BYTES);
    long pendingBefore = state.pendingBytes();
    turns.writing = true;
    try {
      writer.write(turns.stream, allocated);
    } catch (RuntimeException e) {
      throw Http2Exception.connectionError(Http2Error.INTERNAL_ERROR, e, "writing failed");
    } finally {
      turns.writing = false;
    }
    int written = Math.clamp(pendingBefore - state.pendingBytes(), 0, allocated);
    scheduler.charge(entry, written);
    if (turns.closed) {
      scheduler.remove(entry);
    } else if (written > 0 || !state.hasFrame()) {
      place(entry, state);
    } else {
      scheduler.update(entry, false, false); // until there is news of it, it could go on for ever
    }
    return written;
  }

  private void place(Entry<Turns> entry, StreamState state) {
    boolean free = state.hasFrame() && state.pendingBytes() == 0;
    scheduler.update(entry, free, Http2CodecUtil.streamableBytes(state) > 0);
  }

  private void close(Entry<Turns> entry) {
    Turns turns = entry.stream();
    if (turns.closed) {
      return;
    }
    turns.closed = true;
    if (!turns.writing) {
      scheduler.remove(entry); // else when what it has just sent is counted
    }
  }

  private Entry<Turns> entry(Http2Stream stream) {
    return stream.getProperty(key);
  }
}
