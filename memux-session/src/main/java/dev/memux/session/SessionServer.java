package dev.memux.session;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.BoundCarriers;
import dev.memux.netty.Carrier;
import dev.memux.netty.CarrierType;
import dev.memux.netty.ConnectionListener;
import dev.memux.netty.ServerCarriers;
import dev.memux.netty.TcpServerCarriers;
import dev.memux.netty.WebSocketConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Listens for sessions. Any thread. */
public final class SessionServer implements AutoCloseable {
  private static final int DEFAULT_BACKLOG = 1024;

  /** How often another free port is tried where one carrier's is taken for the other. */
  private static final int MAX_FREE_PORTS = 16;

  static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(30);

  private final QuicConfig config;
  private final Duration drainTimeout;
  private final int backlog;
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final AcceptQueue<Session> accepted = new AcceptQueue<>();
  private final List<BoundCarriers> carriers;

  /**
   * @param webSocket null: the carriers of the builder instead
   */
  private SessionServer(
      Builder builder,
      @Nullable TlsServerConfig tls,
      InetSocketAddress local,
      @Nullable WebSocketConfig webSocket)
      throws IOException {
    config = builder.config;
    drainTimeout = builder.drainTimeout;
    backlog = builder.backlog;
    EventLoopGroup group = builder.group == null ? SharedLoops.group() : builder.group;
    if (webSocket != null) {
      Future<TcpServerCarriers> bound =
          TcpServerCarriers.bindWebSocket(group, config, webSocket, tls, local, this::onCarrier);
      carriers = List.of(await(bound, local + " (WebSocket)"));
    } else if (tls != null) {
      carriers = bind(group, builder.carriers, tls, local);
    } else {
      throw new IllegalStateException("tls is required");
    }
  }

  /** Binds all to one port, which the first may choose. */
  private List<BoundCarriers> bind(
      EventLoopGroup group, Set<CarrierType> types, TlsServerConfig tls, InetSocketAddress local)
      throws IOException {
    for (int triesLeft = local.getPort() == 0 ? MAX_FREE_PORTS : 1; ; ) {
      List<BoundCarriers> bound = new ArrayList<>();
      try {
        InetSocketAddress address = local;
        for (CarrierType type : types) {
          BoundCarriers carriers = bind(group, type, tls, address);
          bound.add(carriers);
          address = carriers.localAddress();
        }
        return List.copyOf(bound);
      } catch (IOException e) {
        bound.forEach(each -> each.close().awaitUninterruptibly());
        if (bound.isEmpty() || --triesLeft == 0) {
          throw e;
        }
      }
    }
  }

  private BoundCarriers bind(
      EventLoopGroup group, CarrierType type, TlsServerConfig tls, InetSocketAddress local)
      throws IOException {
    Future<? extends BoundCarriers> bound =
        switch (type) {
          case QUIC -> ServerCarriers.bind(group, config, tls, local, this::onCarrier);
          case TCP -> TcpServerCarriers.bind(group, config, tls, local, this::onCarrier);
        };
    return await(bound, local + " (" + type + ")");
  }

  private static BoundCarriers await(Future<? extends BoundCarriers> bound, String what)
      throws IOException {
    try {
      bound.await();
    } catch (InterruptedException e) {
      bound.cancel(false);
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    }
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      throw new IOException("cannot listen on " + what + ": " + cause.getMessage(), cause);
    }
    return bound.getNow();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** What a server is made from. */
  public static final class Builder {
    private @Nullable TlsServerConfig tls;
    private QuicConfig config = QuicConfig.DEFAULT;
    private Set<CarrierType> carriers = EnumSet.of(CarrierType.QUIC);
    private Duration drainTimeout = DRAIN_TIMEOUT;
    private int backlog = DEFAULT_BACKLOG;
    private @Nullable EventLoopGroup group;

    private Builder() {}

    /** Certificates and application protocols; required. */
    public Builder tls(TlsServerConfig value) {
      tls = value;
      return this;
    }

    /** Limits and timeouts; the default is {@link QuicConfig#DEFAULT}. */
    public Builder config(QuicConfig value) {
      config = value;
      return this;
    }

    /**
     * What sessions may come by, all at the same port; the default is QUIC. The application
     * protocols keep their names; on the wire they have those of {@link dev.memux.netty.QmuxAlpn}
     * over TCP.
     */
    public Builder carriers(CarrierType first, CarrierType... more) {
      carriers = EnumSet.of(first, more);
      return this;
    }

    /** How long {@link Session#close()} waits; the default is 30 s. */
    public Builder drainTimeout(Duration value) {
      drainTimeout = value;
      return this;
    }

    /**
     * How many sessions may wait to be accepted; further ones are closed, as peers make them and
     * each costs memory. The default is 1024.
     */
    public Builder backlog(int sessions) {
      backlog = sessions;
      return this;
    }

    /**
     * The event loops, of {@link dev.memux.netty.IoTransport#newEventLoopGroup} for one; by default
     * those that all sessions share of whose loops nothing is said.
     */
    public Builder group(EventLoopGroup value) {
      group = value;
      return this;
    }

    /**
     * Binds; port 0 takes a free one. Blocks until that is done.
     *
     * @throws IOException if the address cannot be bound
     * @throws InterruptedIOException if the thread is interrupted, which it stays
     * @throws IllegalStateException if the TLS configuration is missing
     */
    public SessionServer listen(InetSocketAddress local) throws IOException {
      return new SessionServer(this, tls, local, null);
    }

    /**
     * Binds a TCP port for sessions over WebSocket alone: from browsers, and from where nothing but
     * HTTP gets through. Without a TLS configuration there is no TLS, for what stands behind
     * something that does it; the application protocols are those of {@code webSocket}. Otherwise
     * as {@link #listen(InetSocketAddress)}.
     */
    public SessionServer listen(InetSocketAddress local, WebSocketConfig webSocket)
        throws IOException {
      return new SessionServer(this, tls, local, webSocket);
    }
  }

  /** Where it listens, with the port that was chosen if 0 was asked for. */
  public InetSocketAddress localAddress() {
    return carriers.getFirst().localAddress();
  }

  /**
   * Waits for the next session whose handshake is complete.
   *
   * @throws ClosedChannelException if the server has been closed
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session accept() throws IOException {
    Session next = accepted.take();
    if (next == null) {
      throw new ClosedChannelException();
    }
    return next;
  }

  /**
   * Uses another TLS configuration, with another certificate for one, for handshakes that begin
   * after this call. Sessions that live are not touched.
   */
  public void reload(TlsServerConfig tls) {
    carriers.forEach(each -> each.reload(tls).awaitUninterruptibly());
  }

  /** How many sessions live, those shaking hands included. */
  public int sessionCount() {
    return sessions.size();
  }

  /**
   * Accepts nobody any more, {@linkplain Session#drain drains} all sessions at once, and closes.
   *
   * @return whether all streams came to their end within the limit
   */
  public boolean drain(Duration limit) {
    boolean[] over = {true};
    List<Runnable> drains = new ArrayList<>();
    stopAccepting();
    for (Session session : sessions) {
      drains.add(
          () -> {
            if (!session.drain(limit)) {
              over[0] = false;
            }
          });
    }
    runAll(drains);
    closeSockets();
    return over[0];
  }

  /** Accepts nobody any more, {@linkplain Session#close() closes} all sessions, and the sockets. */
  @Override
  public void close() {
    stopAccepting();
    List<Runnable> closes = new ArrayList<>();
    for (Session session : sessions) {
      closes.add(session::close);
    }
    runAll(closes);
    closeSockets();
  }

  private void stopAccepting() {
    carriers.forEach(BoundCarriers::stopAccepting);
    accepted.close();
  }

  private void closeSockets() {
    carriers.forEach(each -> each.close().awaitUninterruptibly());
  }

  /** All at once, as each may wait; interrupted, none does. */
  private static void runAll(List<Runnable> tasks) {
    List<Thread> threads = tasks.stream().map(Thread::startVirtualThread).toList();
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        threads.forEach(Thread::interrupt);
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private ConnectionListener onCarrier(Carrier carrier) {
    Consumer<Session> onOver =
        session -> {
          sessions.remove(session);
          accepted.remove(session);
        };
    Session session =
        new Session(carrier, config.mux(), drainTimeout, this::onOpen, onOver, token -> {});
    sessions.add(session);
    return session.loopSide();
  }

  private void onOpen(Session session) {
    if (!accepted.offer(session, backlog)) {
      session.abandon("no more sessions are accepted");
    }
  }
}
