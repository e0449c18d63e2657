package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsSession;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One QMux connection and its channel.
 *
 * <p>Everything happens in turns, as with QUIC: input only feeds the engine; a turn then tells the
 * events, and sends. Records are made one by one, while the layer below takes them at once ({@link
 * RecordOutlet}), and the scheduler decides about each when it is made. Reading never stops: flow
 * control holds the peer's streams back (QMux §6).
 *
 * <p>An exception out of the engine costs the connection, never the loop.
 */
final class QmuxCarrier implements Carrier {
  private static final Logger log = LoggerFactory.getLogger(QmuxCarrier.class);

  /** A record and its size fill a record of TLS (RFC 8446 §5.1). */
  static final int MAX_RECORD_BYTES = 1 << 14;

  /** Records made in a turn before the loop looks at its input again. */
  private static final int MAX_RECORDS_PER_TURN = 32;

  private final ChannelHandlerContext context;
  private final QmuxLoop loop;
  private final LayerBelow below;
  private final @Nullable TlsSession tls;
  private final QmuxConnection connection;
  private final RecordOutlet outlet;
  private final LoopTimer timer;
  private final MemoryWait memoryWait;
  private final InetSocketAddress remote;
  private final @Nullable InetSocketAddress local;

  private @Nullable ConnectionListener listener;
  private boolean inTurn;
  private boolean turnScheduled;
  private boolean outputEnded;
  private boolean removed;

  QmuxCarrier(
      ChannelHandlerContext context,
      QmuxLoop loop,
      boolean server,
      LayerBelow below,
      @Nullable TlsSession tls) {
    this.context = context;
    this.loop = loop;
    this.below = below;
    this.tls = tls;
    Channel channel = context.channel();
    remote = remote(channel.remoteAddress());
    local = channel.localAddress() instanceof InetSocketAddress address ? address : null;
    connection = server ? loop.endpoint.accept(nowNanos()) : loop.endpoint.connect(nowNanos());
    outlet = new RecordOutlet(context, SendPace.of(channel), this::nowNanos, this::scheduleTurn);
    timer = new LoopTimer(channel.eventLoop(), this::onTimer);
    memoryWait = new MemoryWait(this::onMemory);
  }

  private static InetSocketAddress remote(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress known
        ? known
        : InetSocketAddress.createUnresolved(String.valueOf(address), 0);
  }

  /** Makes the listener, and sends what goes first. */
  void begin(Function<Carrier, ConnectionListener> listeners) {
    listener = listeners.apply(this);
    turn();
  }

  @Override
  public QmuxConnection connection() {
    return connection;
  }

  @Override
  public EventLoop eventLoop() {
    return context.channel().eventLoop();
  }

  @Override
  public Channel transport() {
    return context.channel();
  }

  @Override
  public @Nullable InetSocketAddress local() {
    return local;
  }

  @Override
  public InetSocketAddress remote() {
    return remote;
  }

  @Override
  public @Nullable TlsSession tls() {
    return tls;
  }

  @Override
  public CarrierType type() {
    return CarrierType.TCP;
  }

  @Override
  public String io() {
    return below.description();
  }

  @Override
  public ConnectionStatistics statistics() {
    return KernelPath.complete(connection.statistics(), transport());
  }

  @Override
  public long nowNanos() {
    return eventLoop().ticker().nanoTime();
  }

  // Input.

  /** From the layer below; seen to by the turn that follows. */
  void receive(ByteBuf bytes) {
    if (removed) {
      return;
    }
    try {
      if (below.keepsRecordsApart()) {
        receiveRecord(bytes);
      } else if (bytes.hasArray()) {
        connection.receive(
            bytes.array(),
            bytes.arrayOffset() + bytes.readerIndex(),
            bytes.readableBytes(),
            nowNanos());
      } else {
        receiveInParts(bytes);
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private void receiveRecord(ByteBuf record) {
    int length = record.readableBytes();
    if (record.hasArray()) {
      int from = record.arrayOffset() + record.readerIndex();
      connection.receiveRecord(record.array(), from, length, nowNanos());
    } else {
      byte[] copy = length <= loop.input.length ? loop.input : new byte[length];
      record.readBytes(copy, 0, length);
      connection.receiveRecord(copy, 0, length, nowNanos());
    }
  }

  private void receiveInParts(ByteBuf bytes) {
    while (bytes.isReadable()) {
      int part = Math.min(bytes.readableBytes(), loop.input.length);
      bytes.readBytes(loop.input, 0, part);
      connection.receive(loop.input, 0, part, nowNanos());
    }
  }

  /** The peer has ended its side of the layer below. */
  void onInputEnded() {
    tell(() -> connection.onInputEnded(nowNanos()));
  }

  /** The layer below is gone. */
  void onLost(String reason) {
    tell(() -> connection.onCarrierLost(reason));
  }

  private void onTimer() {
    tell(() -> connection.onTimeout(nowNanos()));
  }

  private void onMemory() {
    tell(() -> connection.mux().onMemoryAvailable());
  }

  /** Tells the engine what has happened, and lets it act on it. */
  private void tell(Runnable fact) {
    if (removed) {
      return;
    }
    try {
      fact.run();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
    turn();
  }

  // Turns.

  @Override
  public void wake() {
    scheduleTurn();
  }

  private void scheduleTurn() {
    if (!turnScheduled && !inTurn && !removed) {
      turnScheduled = true;
      eventLoop().execute(this::scheduledTurn);
    }
  }

  private void scheduledTurn() {
    turnScheduled = false;
    turn();
  }

  /** Tells what has happened, and sends. */
  void turn() {
    if (inTurn || removed) {
      return;
    }
    inTurn = true;
    boolean more = false;
    try {
      more = tellAndTransmit();
      settle();
    } catch (RuntimeException | Error e) {
      fail(e);
    } finally {
      inTurn = false;
    }
    if (more) {
      scheduleTurn();
    }
  }

  /** What is sent counts as acknowledged, and so makes events. Returns whether to go on soon. */
  private boolean tellAndTransmit() {
    for (int budget = MAX_RECORDS_PER_TURN; budget > 0; ) {
      if (listener != null) {
        listener.onEvents();
      }
      int sent = transmit(budget);
      if (sent == 0) {
        return false;
      }
      budget -= sent;
    }
    return true;
  }

  /**
   * Sends at most so many records, and none once there are events: what has left has made room, and
   * who writes what is urgent fills it before others' turn comes. Returns how many.
   */
  private int transmit(int max) {
    int records = 0;
    do {
      if (!outlet.isReady() || !writeRecord()) {
        break;
      }
      records++;
    } while (records < max && !connection.mux().hasEvents());
    outlet.flush();
    return records;
  }

  private boolean writeRecord() {
    if (!connection.hasPending()) {
      outlet.onIdle();
      return false;
    }
    ByteBuf record = context.alloc().heapBuffer(MAX_RECORD_BYTES, MAX_RECORD_BYTES);
    int length = 0;
    try {
      connection.preferRecordBytes(outlet.recordBytes());
      length = transmit(record.array(), record.arrayOffset());
    } finally {
      if (length == 0) {
        record.release();
      }
    }
    if (length == 0) {
      return false;
    }
    outlet.write(record.writerIndex(length));
    return true;
  }

  private int transmit(byte[] out, int from) {
    return below.keepsRecordsApart()
        ? connection.transmitRecord(out, from, MAX_RECORD_BYTES, nowNanos())
        : connection.transmit(out, from, MAX_RECORD_BYTES, nowNanos());
  }

  @Override
  public void flushNow() {
    if (removed) {
      return;
    }
    boolean sent = false;
    while (outlet.isReady() && writeRecord()) {
      sent = true;
    }
    outlet.flush();
    if (sent) {
      scheduleTurn(); // for the events
    }
  }

  /** After a turn. */
  private void settle() {
    if (removed) {
      return;
    }
    if (connection.isOutputEnded() && !outputEnded) {
      outputEnded = true;
      below.endOutput(context);
    }
    if (connection.isTerminated()) {
      remove();
    } else {
      memoryWait.update(connection.mux(), loop.memory, eventLoop());
      timer.arm(connection.deadlineNanos(), nowNanos());
    }
  }

  // Ends.

  private void remove() {
    removed = true;
    timer.cancel();
    loop.endpoint.forget(connection);
    context.close();
  }

  /** A fault of ours, which a peer may have found out how to provoke. */
  private void fail(Throwable cause) {
    if (removed) {
      return;
    }
    if (loop.faultLines.admits(nowNanos())) {
      long leftOut = loop.faultLines.takeLeftOut();
      String more = leftOut == 0 ? "" : " (" + leftOut + " like it were not logged)";
      log.error("{}: a fault, closing the connection{}", transport(), more, cause);
    }
    remove();
    if (listener != null) {
      listener.onAbandoned(
          new CloseReason(
              CloseReason.Origin.LOCAL, false, TransportError.INTERNAL_ERROR, 0, cause.toString()));
    }
  }
}
