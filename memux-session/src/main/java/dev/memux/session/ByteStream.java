package dev.memux.session;

import dev.memux.engine.mux.ReceivingPart;
import dev.memux.engine.mux.SendingPart;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.VarInt;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Blocking calls on whatever carries bytes both ways on an event loop: what {@link Stream} is to
 * the streams of a connection, this is to a tunnel through an HTTP proxy, for one.
 *
 * <p>Any thread may call what the application does; the two directions do not hinder each other,
 * callers of the same one take turns. What blocks ends early as {@link Stream} says, with the
 * exceptions that the parts' owner gives where the peer or the connection is to blame.
 *
 * <p>Who owns the parts calls {@link #pump} on the loop whenever there is news: data, the end, room
 * for more. The parts are touched on the loop only.
 */
public final class ByteStream extends HalfOwner implements ByteChannel {
  /** Bytes that may be read before the loop is told, if nothing else wakes it. */
  private static final int MAX_UNREPORTED_BYTES = 32 << 10;

  private final EventExecutor loop;
  private final SendingPart sendingPart;
  private final ReceivingPart receivingPart;
  private final Deadline deadline = new Deadline();
  private final SendHalf send = new SendHalf(this);
  private final ReceiveHalf receive = new ReceiveHalf(this);
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicInteger unreported = new AtomicInteger();
  private volatile boolean open = true;

  /** The loop's: {@link #pump} is at work. */
  private boolean pumping;

  /** The loop's: there is something for {@link #pump} to do, perhaps since it began. */
  private boolean news;

  /** The priority of the scope that the last write was made in. */
  private volatile @Nullable Priority scope;

  private volatile ScopeListener scopeListener = entered -> {};

  /** Is told of the scopes that writes are made in; see {@link MuxPriority}. */
  public interface ScopeListener {
    /**
     * The calling thread is about to write in another scope than that of the write before.
     *
     * @param priority null: it is outside of any
     */
    void onScope(@Nullable Priority priority);
  }

  /** A stream of these parts, which live on that loop. */
  public ByteStream(EventExecutor loop, SendingPart sendingPart, ReceivingPart receivingPart) {
    this.loop = loop;
    this.sendingPart = sendingPart;
    this.receivingPart = receivingPart;
  }

  // The application's.

  /**
   * Reads what is there; blocks until that is at least one byte.
   *
   * @return -1 at the end
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    return receive.read(target);
  }

  /**
   * Reads as {@link #read(ByteBuffer)} does, but blocks no longer than that, whatever the {@link
   * #deadline}.
   *
   * @throws dev.memux.netty.MuxException.Timeout if nothing came; the stream stays as it is
   */
  public int read(ByteBuffer target, Duration timeout) throws IOException {
    Deadline ofThisCall = new Deadline();
    ofThisCall.set(timeout);
    return receive.read(target, ofThisCall);
  }

  /** How much can be read without blocking. */
  public int available() {
    return receive.available();
  }

  /** Writes all of {@code source}; blocks until the stream's queue has taken it. */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return send.write(source);
  }

  /** The direction towards this end; closing it is {@link #stopSending} with code 0. */
  public InputStream inputStream() {
    return new StreamInput(receive);
  }

  /** The direction towards the peer; closing it is {@link #shutdownOutput}. */
  public OutputStream outputStream() {
    return new StreamOutput(send);
  }

  /**
   * Ends our direction after everything written; does not block. No effect if it is over. If
   * another thread is in the middle of a write, our direction is reset with code 0 instead.
   */
  public void shutdownOutput() {
    send.finish();
  }

  /**
   * Gives up our direction: what the peer has not read yet it may never read. Does not block.
   *
   * @param code the application protocol's error code, 0 to 2^62-1
   */
  public void reset(long code) {
    requireCode(code);
    send.reset(code);
  }

  /**
   * Tells the peer that nothing more will be read. Does not block.
   *
   * @param code the application protocol's error code, 0 to 2^62-1
   */
  public void stopSending(long code) {
    requireCode(code);
    receive.stop(code);
  }

  /**
   * Sets until when calls may block, those that do included. When the time has come every call
   * fails that would use the stream, until another deadline is set.
   *
   * @param fromNow null: no deadline, as at first
   */
  public void deadline(@Nullable Duration fromNow) {
    deadline.set(fromNow);
    send.wakeCaller();
    receive.wakeCaller();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  /**
   * Ends our direction after everything written, and tells the peer that nothing more will be read,
   * with code 0. Does not block: what was written still goes. Whoever blocks in the stream is
   * released, with {@link ClosedChannelException} or, interrupted, {@link InterruptedIOException}.
   */
  @Override
  public void close() {
    if (open) {
      open = false;
      send.finish();
      receive.close();
    }
  }

  private static void requireCode(long code) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
  }

  // What the halves ask for.

  @Override
  Deadline deadline() {
    return deadline;
  }

  @Override
  void enterScope() {
    Priority entered = MuxPriority.current();
    if (!Objects.equals(entered, scope)) {
      scope = entered;
      scopeListener.onScope(entered);
    }
  }

  @Override
  void signal() {
    if (scheduled.get() || !scheduled.compareAndSet(false, true)) {
      return;
    }
    try {
      loop.execute(this::pump);
    } catch (RejectedExecutionException e) {
      // The loop is gone and takes the parts with it: whoever waits must not wait for ever.
      onConnectionEnd(() -> new ClosedChannelException());
    }
  }

  @Override
  void onRead(int bytes) {
    if (unreported.addAndGet(bytes) >= MAX_UNREPORTED_BYTES) {
      signal();
    }
  }

  // The owner's.

  /** Who is told of the scopes that writes are made in, before anybody writes. */
  public void onScope(ScopeListener listener) {
    scopeListener = listener;
  }

  /**
   * Moves what there is between the parts and the callers, as far as both take it. Parts may call
   * it while they are called from here: then all is looked at once more after that call. In the
   * middle of it what the part has just taken would still be in the queue, and go twice.
   */
  public void pump() {
    news = true;
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (news) {
        news = false;
        scheduled.set(false);
        unreported.set(0);
        receive.pump(receivingPart);
        send.pump(sendingPart);
      }
    } finally {
      pumping = false;
    }
  }

  /**
   * The peer has given up its direction: what has arrived is lost with the rest.
   *
   * @param failure makes the exception for each caller
   */
  public void onReset(Supplier<? extends IOException> failure) {
    receive.onReset(failure);
  }

  /**
   * The peer takes no more.
   *
   * @param failure makes the exception for each caller
   */
  public void onStopped(Supplier<? extends IOException> failure) {
    send.end(failure);
  }

  /**
   * What carries the parts is over; what arrived before can still be read.
   *
   * @param failure makes the exception for each caller
   */
  public void onConnectionEnd(Supplier<? extends IOException> failure) {
    send.end(failure);
    receive.onConnectionEnd(receivingPart, failure, true);
  }
}
