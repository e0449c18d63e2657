package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamSource;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a connection (QMux) in a bidirectional stream of another one, on the same event loop. Who
 * opened the stream is its client. It needs no handshake of its own: the peer is the one that the
 * connection below knows.
 *
 * <p>The stream asks for a record when it is served ({@link StreamSource}), so that what is inside
 * is scheduled as late as the stream itself. What arrives is read at once, whatever the application
 * does (QMux §6): what holds a peer back is the credit of the streams inside, and not that of the
 * stream, so neither waits for the other.
 *
 * <p>On the event loop, all of it.
 */
public final class NestedCarrier implements Carrier {
  private static final Logger log = LoggerFactory.getLogger(NestedCarrier.class);

  /** How many connections may stand in one another: each costs the stack, and bytes on the wire. */
  public static final int MAX_DEPTH = 8;

  /** What the stream ends with in a direction that nobody needs any more. */
  private static final long ABANDONED = 0;

  private static final int READ_BYTES = 16 << 10;

  /** The Size field of a record (QMux §3.2). */
  private static final int SIZE_BYTES = 2;

  /** Where each loop reads to; what is read is handed on before the next is. */
  private static final FastThreadLocal<byte[]> READ_BUFFER =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[READ_BYTES];
        }
      };

  private final Carrier below;
  private final MuxStream stream;
  private final QmuxConfig config;
  private final int depth;
  private final NestedEndpoints endpoints;
  private final QmuxConnection connection;
  private final LoopTimer timer;
  private final MemoryWait memoryWait;
  private final @Nullable TlsSession tls;

  private @Nullable ConnectionListener listener;
  private boolean turnScheduled;
  private boolean inTurn;
  private boolean over;

  /**
   * Begins the connection; {@link #listener} and {@link #start} follow.
   *
   * @param below what carries the connection that {@code stream} is of
   * @param stream bidirectional; from now on what happens to it is handed in here
   * @param tls of the outermost connection
   * @throws IllegalArgumentException if the stream has one direction
   * @throws IllegalStateException if {@link #MAX_DEPTH} connections stand in one another already
   */
  public NestedCarrier(
      Carrier below, MuxStream stream, QmuxConfig config, @Nullable TlsSession tls) {
    if (!stream.canSend() || !stream.canReceive()) {
      throw new IllegalArgumentException(stream + " has one direction");
    }
    this.below = below;
    this.stream = stream;
    this.config = config;
    this.depth = depthOver(below);
    this.endpoints = NestedEndpoints.current();
    this.connection = endpoints.begin(config, !stream.isLocal(), below.nowNanos());
    this.timer = new LoopTimer(below.eventLoop(), this::onTimer);
    this.memoryWait = new MemoryWait(this::onMemory);
    this.tls = tls;
  }

  /** Names who acts on events; once, before the first. */
  public void listener(ConnectionListener value) {
    listener = value;
  }

  /**
   * How deep a connection in a stream of {@code below} would stand; 1 in one that stands in none.
   *
   * @throws IllegalStateException if that is more than {@link #MAX_DEPTH}
   */
  public static int depthOver(Carrier below) {
    int depth = below instanceof NestedCarrier nested ? nested.depth + 1 : 1;
    if (depth > MAX_DEPTH) {
      throw new IllegalStateException("more than " + MAX_DEPTH + " connections in one another");
    }
    return depth;
  }

  // What the owner of the stream hands in.

  /** Bytes of the stream that were taken out of it before it was handed over; {@link #start}ed. */
  public void receive(byte[] bytes) {
    if (!over) {
      connection.receive(bytes, 0, bytes.length, nowNanos());
    }
  }

  /** Everything that was written to the stream before is in it: records may follow. */
  public void start() {
    if (over) {
      return;
    }
    if (stream.resetCode() >= 0 || !stream.isWritable()) {
      lose("the stream below is over");
    } else {
      stream.carry(new Records());
    }
    onStreamEvents(MuxStream.READABLE);
  }

  /** Takes flags of {@link MuxStream#takeEvents}. */
  public void onStreamEvents(int events) {
    if (over) {
      return;
    }
    if ((events & MuxStream.READABLE) != 0) {
      read();
    }
    if ((events & MuxStream.RESET) != 0) {
      lose("the peer reset the stream below, code " + stream.resetCode());
    }
    if ((events & MuxStream.STOPPED) != 0) {
      lose("the peer stopped the stream below, code " + stream.stopCode());
    }
    turn();
  }

  /** The connection that the stream is of has ended. */
  public void onConnectionEnd(CloseReason reason) {
    if (!over) {
      connection.onCarrierLost("below: " + CloseReasons.describe(reason));
      turn();
    }
  }

  private void read() {
    byte[] buffer = READ_BUFFER.get();
    ByteBuffer target = ByteBuffer.wrap(buffer);
    int length;
    while ((length = stream.read(target.clear())) > 0) {
      connection.receive(buffer, 0, length, nowNanos());
    }
    if (stream.isFinished()) {
      connection.onInputEnded(nowNanos());
    }
  }

  private void lose(String reason) {
    connection.onCarrierLost(reason);
    stream.reset(ABANDONED);
  }

  // Turns.

  private void scheduleTurn() {
    if (!turnScheduled && !inTurn && !over) {
      turnScheduled = true;
      eventLoop().execute(this::turn);
    }
  }

  private void turn() {
    turnScheduled = false;
    if (inTurn || over) {
      return;
    }
    inTurn = true;
    try {
      if (listener != null) {
        listener.onEvents();
      }
      if (connection.isTerminated()) {
        end();
      } else {
        memoryWait.update(connection.mux(), ProcessMemory.shared(), eventLoop());
        announce();
        timer.arm(connection.deadlineNanos(), nowNanos());
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    } finally {
      inTurn = false;
    }
  }

  /** The stream shall know what we have for it. */
  private void announce() {
    if (connection.hasPending() || connection.isOutputEnded()) {
      stream.onSourceChanged();
      below.wake();
    }
  }

  private void onTimer() {
    if (!over) {
      connection.onTimeout(nowNanos());
      turn();
    }
  }

  private void onMemory() {
    if (!over) {
      connection.mux().onMemoryAvailable();
      turn();
    }
  }

  private void end() {
    over = true;
    timer.cancel();
    stream.onSourceChanged(); // its end
    stream.stopSending(ABANDONED); // unless the peer has ended it
    below.wake();
    endpoints.forget(config, connection);
  }

  /** A fault of ours, which a peer may have found out how to provoke. */
  private void fail(Throwable cause) {
    log.error("{}: a fault, closing a nested connection with {}", transport(), remote(), cause);
    stream.reset(ABANDONED);
    end();
    if (listener != null) {
      listener.onAbandoned(
          new CloseReason(
              CloseReason.Origin.LOCAL, false, TransportError.INTERNAL_ERROR, 0, cause.toString()));
    }
  }

  private final class Records implements StreamSource {
    @Override
    public boolean hasPending() {
      return connection.hasPending();
    }

    @Override
    public int fill(byte[] target, int preferredBytes, long nowNanos) {
      connection.preferRecordBytes(
          Math.max(preferredBytes - SIZE_BYTES, QmuxConnection.MIN_TRANSMIT_BYTES));
      int length = connection.transmit(target, 0, MAX_RECORD_BYTES, nowNanos);
      scheduleTurn(); // what was sent counts as acknowledged: streams may have news
      return length;
    }

    @Override
    public boolean isEnded() {
      return connection.isOutputEnded();
    }
  }

  // What the listener sees.

  /** How many connections it stands in. */
  public int depth() {
    return depth;
  }

  @Override
  public QmuxConnection connection() {
    return connection;
  }

  @Override
  public EventLoop eventLoop() {
    return below.eventLoop();
  }

  @Override
  public Channel transport() {
    return below.transport();
  }

  @Override
  public void wake() {
    scheduleTurn();
  }

  @Override
  public void flushNow() {
    if (!over) {
      stream.onSourceChanged();
      below.flushNow();
    }
  }

  @Override
  public @Nullable InetSocketAddress local() {
    return below.local();
  }

  @Override
  public InetSocketAddress remote() {
    return below.remote();
  }

  @Override
  public @Nullable TlsSession tls() {
    return tls;
  }

  @Override
  public CarrierType type() {
    return below.type();
  }

  @Override
  public String io() {
    return below.io() + " nested";
  }

  @Override
  public long nowNanos() {
    return below.nowNanos();
  }
}
