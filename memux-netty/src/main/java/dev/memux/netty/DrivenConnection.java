package dev.memux.netty;

import dev.memux.engine.quic.QuicConnection;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One connection as its {@link UdpDriver} keeps it: the engine's object and its places in queues.
 */
final class DrivenConnection extends DeficitRoundRobin.Member implements Carrier {
  final QuicConnection connection;
  private final UdpDriver driver;
  final MemoryWait memoryWait;
  private @Nullable ConnectionListener listener;

  /** Waits for {@link ConnectionListener#onEvents}. */
  boolean inReadyQueue;

  /** Place in the driver's {@link DeadlineHeap}; -1: none. */
  int heapIndex = -1;

  /** Key in the heap. */
  long deadlineNanos = Long.MAX_VALUE;

  /** Where the socket is that it has moved to; null: it is at the driver's first one. */
  private volatile @Nullable InetSocketAddress movedTo;

  /** The driver has forgotten it. */
  boolean removed;

  DrivenConnection(UdpDriver driver, QuicConnection connection) {
    this.driver = driver;
    this.connection = connection;
    this.memoryWait = new MemoryWait(() -> driver.onMemory(this));
  }

  /** Names who acts on events; once, before the first turn. */
  void listener(ConnectionListener value) {
    listener = value;
  }

  @Nullable ConnectionListener listener() {
    return listener;
  }

  /** What waits for the handshake to be confirmed; null: nothing. On the event loop. */
  @Nullable Runnable onProgress;

  /** It uses a socket of its own from now on, or again the first one. */
  void movedTo(@Nullable InetSocketAddress local) {
    movedTo = local;
  }

  UdpDriver driver() {
    return driver;
  }

  @Override
  public QuicConnection connection() {
    return connection;
  }

  @Override
  public EventLoop eventLoop() {
    return driver.eventLoop();
  }

  @Override
  public Channel transport() {
    return driver.transport();
  }

  @Override
  public void wake() {
    driver.wake(this);
  }

  @Override
  public void flushNow() {
    driver.flushNow(this);
  }

  @Override
  public @Nullable InetSocketAddress local() {
    InetSocketAddress further = movedTo;
    return further == null ? driver.local() : further;
  }

  @Override
  public Future<InetSocketAddress> migrate(InetSocketAddress local) {
    return driver.migrate(this, local);
  }

  @Override
  public InetSocketAddress remote() {
    return connection.remote();
  }

  @Override
  public @Nullable TlsSession tls() {
    return null;
  }

  @Override
  public CarrierType type() {
    return CarrierType.QUIC;
  }

  @Override
  public String io() {
    return driver.io();
  }

  @Override
  public long nowNanos() {
    return driver.nowNanos();
  }
}
