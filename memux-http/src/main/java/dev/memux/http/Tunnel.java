package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.netty.MuxException;
import dev.memux.session.ByteStream;
import dev.memux.session.MuxPriority;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection to somebody behind an HTTP proxy (RFC 9110 §9.3.6): a stream of the connection to
 * the proxy, which ours shares with all others through the same {@link TunnelClient}.
 *
 * <p>Calls block, and end early, as those of a {@link dev.memux.session.Stream} do; what the proxy
 * or the connection to it is to blame for is told as an {@link HttpException}. Any thread may call
 * anything.
 */
public final class Tunnel implements ByteChannel {
  private final Origin proxy;
  private final TunnelTarget target;
  private final ClientExchange request;
  private final TunnelExchange exchange;
  private final ByteStream stream;

  /** Guards the order in which priorities are told. */
  private final Object lock = new Object();

  private volatile Priority priority;
  private @Nullable Priority scope;
  private QuicStreamPriority said;

  Tunnel(
      Origin proxy,
      TunnelTarget target,
      Priority priority,
      ClientExchange request,
      TunnelExchange exchange,
      ByteStream stream) {
    this.proxy = proxy;
    this.target = target;
    this.priority = priority;
    this.request = request;
    this.exchange = exchange;
    this.stream = stream;
    said = exchange.priority();
    stream.onScope(this::onScope);
  }

  /** Who is at the other end. */
  public TunnelTarget target() {
    return target;
  }

  /** Who makes the connection to the target. */
  public Origin proxy() {
    return proxy;
  }

  /** How important it is, in both directions, outside of any scope; see {@link MuxPriority}. */
  public Priority priority() {
    return priority;
  }

  /**
   * Changes how important the tunnel is, at once for what we send, and for what the proxy sends
   * when it has heard of it (RFC 9218 §7). What is written in the scope of a {@link MuxPriority} is
   * as important as that says. Does not block.
   *
   * @throws IllegalArgumentException if the urgency is none of RFC 9218
   */
  public void priority(Priority value) {
    asField(value);
    synchronized (lock) {
      priority = value;
      apply();
    }
  }

  private void onScope(@Nullable Priority entered) {
    if (entered != null) {
      asField(entered);
    }
    synchronized (lock) {
      scope = entered;
      apply();
    }
  }

  private void apply() {
    QuicStreamPriority field = asField(scope == null ? priority : scope);
    if (!field.equals(said)) {
      said = field;
      exchange.loop().execute(() -> exchange.prioritize(field));
      request.updatePriority(field);
    }
  }

  static QuicStreamPriority asField(Priority priority) {
    if (priority.urgency() == Priority.CRITICAL_URGENCY) {
      throw new IllegalArgumentException("urgency " + priority.urgency());
    }
    return new QuicStreamPriority(priority.urgency(), priority.incremental());
  }

  /**
   * Reads what is there; blocks until that is at least one byte.
   *
   * @return -1 at the end
   */
  @Override
  public int read(ByteBuffer destination) throws IOException {
    return stream.read(destination);
  }

  /**
   * Reads as {@link #read(ByteBuffer)} does, but blocks no longer than that, whatever the {@link
   * #deadline}.
   *
   * @throws MuxException.Timeout if nothing came; the tunnel stays as it is
   */
  public int read(ByteBuffer destination, Duration timeout) throws IOException {
    return stream.read(destination, timeout);
  }

  /** How much can be read without blocking. */
  public int available() {
    return stream.available();
  }

  /** Writes all of {@code source}; blocks until the tunnel's queue has taken it. */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return stream.write(source);
  }

  /** The direction towards this end. */
  public InputStream inputStream() {
    return stream.inputStream();
  }

  /** The direction towards the target; closing it is {@link #shutdownOutput}. */
  public OutputStream outputStream() {
    return stream.outputStream();
  }

  /** Ends our direction after everything written; does not block. */
  public void shutdownOutput() {
    stream.shutdownOutput();
  }

  /**
   * Drops what arrives from now on, without the target's knowing, as a socket does; who blocks in a
   * read fails with {@link MuxException.Local}.
   */
  public void shutdownInput() {
    exchange.discardInput();
    stream.stopSending(0);
  }

  /**
   * Breaks both directions off, as TCP's RST does: what was written may be lost. Does not block.
   */
  public void reset() {
    stream.reset(HttpErrorCode.CONNECT_ERROR.http3());
    stream.stopSending(HttpErrorCode.CONNECT_ERROR.http3());
  }

  /** Sets until when calls may block, those that do included; null: no deadline, as at first. */
  public void deadline(@Nullable Duration fromNow) {
    stream.deadline(fromNow);
  }

  @Override
  public boolean isOpen() {
    return stream.isOpen();
  }

  /**
   * Ends our direction after everything written, and reads no more: what is unread, or comes after
   * this, is answered with an error. Does not block: what was written still goes.
   */
  @Override
  public void close() {
    stream.close();
    exchange.loop().execute(exchange::onClosed);
  }
}
