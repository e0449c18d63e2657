package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the connections of one UDP socket on one event loop.
 *
 * <p>Everything happens in turns. Input (datagrams, due timers, calls on channels) only marks
 * connections as ready; a turn then lets each ready connection tell its events, and transmits. So
 * packets leave once per event-loop turn, after all input has been read, and the scheduler decides
 * what is in them as late as possible. Connections transmit batch by batch, sharing the socket by
 * bytes ({@link DeficitRoundRobin}), for as long as it takes them.
 *
 * <p>An exception out of the engine costs the connection it concerns, never the loop.
 */
final class UdpDriver implements UdpSocket.Receiver {
  private static final Logger log = LoggerFactory.getLogger(UdpDriver.class);

  /** Batches sent in a turn before the loop looks at its input again. */
  private static final int MAX_BATCHES_PER_TURN = 64;

  /** Handed to the kernel at once, in bytes. */
  private static final int MAX_UNFLUSHED_BYTES = 8 * SendBatch.CAPACITY_BYTES;

  /** The number of the socket that all connections begin with. */
  private static final int FIRST_SOCKET = 0;

  private final EventLoop loop;
  private final QuicEndpoint endpoint;
  private final int index;
  private final Acceptor acceptor;
  private final UdpSocket socket;
  private final FurtherSockets further;
  private final LoopTimer timer;
  private final FutureListener<Object> onTermination = terminated -> close();

  private final Set<DrivenConnection> connections = new HashSet<>();
  private final DeadlineHeap deadlines = new DeadlineHeap();
  private final Queue<DrivenConnection> ready = new ArrayDeque<>();
  private final DeficitRoundRobin<DrivenConnection> sending = new DeficitRoundRobin<>();
  private final LogLimit faultLines = new LogLimit();
  private final ForwardingQueue forwarded = new ForwardingQueue();
  private final InitialBacklog initials = new InitialBacklog();
  private final SendBatch batch = new SendBatch();

  /** The drivers of one server by loop index, this one among them. */
  private volatile List<UdpDriver> peers = List.of();

  /** Whose events are being told. */
  private @Nullable DrivenConnection telling;

  private boolean inTurn;
  private boolean turnScheduled;
  private boolean socketFull;

  /** All connections have the same peer, which what the socket says is about. */
  private boolean connected;

  private boolean closed;

  /** Takes part in a connection's life. On the event loop. */
  interface Acceptor {
    /** A peer's connection that concerns the application; it must be given a listener. */
    void onAccept(DrivenConnection connection);

    /** The last connection is gone. */
    void onIdle(UdpDriver driver);
  }

  UdpDriver(
      EventLoop loop,
      IoTransport transport,
      boolean shared,
      QuicEndpoint endpoint,
      int index,
      Acceptor acceptor) {
    this.loop = loop;
    this.endpoint = endpoint;
    this.index = index;
    this.acceptor = acceptor;
    socket = UdpSocket.open(transport, shared, this);
    further = new FurtherSockets(this, transport, shared);
    timer = new LoopTimer(loop, this::onTimer);
    endpoint.shakeHandsBy(HandshakeCryptoChoice::next);
    if (HandshakeWorkers.AVAILABLE) {
      endpoint.leaveHandshakeWork();
    }
    // Also when the event loop shuts down under it, which does not always close its channels: not
    // if it was told to, without a quiet period, while it was at work.
    transport().closeFuture().addListener(closed -> close());
    loop.terminationFuture().addListener(onTermination);
  }

  /** Binds the socket; once. */
  ChannelFuture bind(InetSocketAddress local) {
    return bind(local, null);
  }

  /** Binds the socket, once; for one peer alone if {@code remote} is given. */
  ChannelFuture bind(InetSocketAddress local, @Nullable InetSocketAddress remote) {
    connected = remote != null;
    return socket.bind(loop, local, remote);
  }

  /** Has a server listen at one of its preferred addresses, too, in the same order everywhere. */
  ChannelFuture bindPreferred(InetSocketAddress local) {
    return further.bind(local);
  }

  /** Tells which driver owns which loop index; before the first datagram arrives. */
  void peers(List<UdpDriver> drivers) {
    peers = List.copyOf(drivers);
  }

  EventLoop eventLoop() {
    return loop;
  }

  Channel transport() {
    return socket.channel();
  }

  @Nullable InetSocketAddress local() {
    return (InetSocketAddress) socket.channel().localAddress();
  }

  /** See {@link Carrier#migrate}. On the event loop. */
  Future<InetSocketAddress> migrate(DrivenConnection c, InetSocketAddress local) {
    return further.migrate(c, local);
  }

  /** See {@link Carrier#io}. */
  String io() {
    return socket.io();
  }

  long nowNanos() {
    return System.nanoTime();
  }

  /** Connections of this loop, handshakes under way among them. On the event loop. */
  int connectionCount() {
    return connections.size();
  }

  /** Datagrams for this loop that waited too long behind others. Any thread. */
  long droppedForwards() {
    return forwarded.dropped();
  }

  /**
   * Opens a connection; its listener must be set before it is woken. On the event loop.
   *
   * @param token of an earlier connection, or empty
   */
  DrivenConnection connect(
      TlsClientConfig tls, String serverName, InetSocketAddress remote, byte[] token) {
    try {
      return adopt(endpoint.connect(tls, serverName, remote, token, nowNanos()));
    } catch (RuntimeException e) {
      if (connections.isEmpty()) {
        acceptor.onIdle(this);
      }
      throw e;
    }
  }

  /** See {@link QuicEndpoint#reload}. On the event loop. */
  void reload(TlsServerConfig tls) {
    endpoint.reload(tls);
  }

  /** From now on no connection is accepted. On the event loop. */
  void stopAccepting() {
    endpoint.stopAccepting();
  }

  /** Closes the socket; connections that still live are told. On the event loop. */
  void close() {
    if (!closed) {
      closed = true;
      loop.terminationFuture().removeListener(onTermination);
      timer.cancel();
      for (DrivenConnection c : List.copyOf(connections)) {
        try {
          abandon(
              c, CloseReason.Origin.CARRIER_LOST, TransportError.NO_ERROR, "the socket was closed");
        } catch (RejectedExecutionException e) {
          log.debug("{}: the event loop of {} is gone", transport(), c.remote(), e);
        }
      }
      further.close();
      socket.channel().close();
    }
  }

  // Input

  @Override
  public void onDatagrams(
      InetSocketAddress sender, byte[] buffer, int offset, int length, int segmentBytes, int ecn) {
    onDatagrams(FIRST_SOCKET, sender, buffer, offset, length, segmentBytes, ecn);
  }

  /** Datagrams have come to the socket of that number. */
  void onDatagrams(
      int number,
      InetSocketAddress sender,
      byte[] buffer,
      int offset,
      int length,
      int segmentBytes,
      int ecn) {
    int end = offset + length;
    long now = nowNanos(); // they have arrived together
    for (int from = offset; from < end; from += segmentBytes) {
      int bytes = Math.min(segmentBytes, end - from);
      UdpDriver owner = owner(buffer, from, bytes);
      if (owner != this) {
        owner.forward(number, sender, buffer, from, bytes, ecn);
      } else if (number == FIRST_SOCKET) {
        receive(sender, buffer, from, bytes, ecn, now);
      } else {
        handIn(number, sender, buffer, from, bytes, ecn, now);
      }
    }
  }

  @Override
  public void onReadComplete() {
    turn();
  }

  @Override
  public void onWritable() {
    if (socketFull) {
      socketFull = false;
      scheduleTurn();
    }
  }

  @Override
  public void onUnreachable() {
    if (!connected) {
      return; // one of many peers, and nothing says which
    }
    for (DrivenConnection c : connections) {
      c.connection.onUnreachable();
      markReady(c);
    }
    scheduleTurn();
  }

  /** Who issued the connection ID; this driver when nobody knows. */
  private UdpDriver owner(byte[] buffer, int offset, int length) {
    List<UdpDriver> all = peers;
    if (all.size() < 2) {
      return this;
    }
    int owner = endpoint.owner(buffer, offset, length);
    return owner < 0 || owner == index || owner >= all.size() ? this : all.get(owner);
  }

  /** From another loop: a datagram for a connection of this one. Any thread. */
  void forward(
      int number, InetSocketAddress sender, byte[] buffer, int offset, int length, int ecn) {
    if (forwarded.offer(number, sender, buffer, offset, length, ecn)) {
      loop.execute(this::receiveForwarded);
    }
  }

  private void receiveForwarded() {
    forwarded.beginDraining();
    long now = nowNanos();
    for (ForwardingQueue.Datagram next; (next = forwarded.poll()) != null; ) {
      byte[] payload = next.payload();
      if (next.socket() == FIRST_SOCKET) {
        receive(next.sender(), payload, 0, payload.length, next.ecn(), now);
      } else {
        handIn(next.socket(), next.sender(), payload, 0, payload.length, next.ecn(), now);
      }
    }
    turn();
  }

  private void receive(
      InetSocketAddress sender, byte[] buffer, int offset, int length, int ecn, long now) {
    if (!PacketHeader.isInitial(buffer, offset, length)) {
      handIn(FIRST_SOCKET, sender, buffer, offset, length, ecn, now);
    } else if (initials.mustWait()) {
      initials.add(sender, buffer, offset, length, ecn);
    } else {
      handInInitial(sender, buffer, offset, length, ecn, now);
    }
  }

  private void handInInitial(
      InetSocketAddress sender, byte[] buffer, int offset, int length, int ecn, long now) {
    long begin = nowNanos();
    handIn(FIRST_SOCKET, sender, buffer, offset, length, ecn, now);
    initials.onSpent(nowNanos() - begin);
  }

  /** Those that had to wait, after everything else has been read and sent. */
  private void receiveWaitingInitials() {
    initials.beginTurn();
    for (InitialBacklog.Waiting next; (next = initials.poll()) != null; ) {
      byte[] payload = next.payload();
      handInInitial(next.sender(), payload, 0, payload.length, next.ecn(), nowNanos());
    }
  }

  private void handIn(
      int number,
      InetSocketAddress sender,
      byte[] buffer,
      int offset,
      int length,
      int ecn,
      long now) {
    try {
      QuicConnection connection =
          endpoint.receive(number, sender, buffer, offset, length, ecn, now);
      if (connection != null) {
        DrivenConnection driven = drivenOf(connection);
        markReady(driven);
        leaveHandshakeWork(driven);
      }
      for (QuicConnection gone; (gone = endpoint.pollDisplaced()) != null; ) {
        markReady(drivenOf(gone));
      }
    } catch (RuntimeException | Error e) {
      // The engine promises not to throw; should it, one datagram is lost and the loop lives.
      logFault("lost a datagram", sender, e);
    }
  }

  /** Has another thread do what takes long, so that it holds up no other connection. */
  private void leaveHandshakeWork(DrivenConnection c) {
    Runnable work = c.connection.takeHandshakeWork();
    if (work != null) {
      initials.onWorkBegun();
      HandshakeWorkers.execute(work, loop, () -> onHandshakeWorkDone(c));
    }
  }

  private void onHandshakeWorkDone(DrivenConnection c) {
    initials.onWorkDone();
    if (!c.removed) {
      try {
        endpoint.onHandshakeWorkDone(c.connection, nowNanos());
        markReady(c);
        leaveHandshakeWork(c);
      } catch (RuntimeException | Error e) {
        fail(c, e);
      }
    }
    turn();
  }

  private DrivenConnection drivenOf(QuicConnection connection) {
    if (connection.attachment() instanceof DrivenConnection known) {
      return known;
    }
    return adopt(connection);
  }

  private DrivenConnection adopt(QuicConnection connection) {
    DrivenConnection driven = new DrivenConnection(this, connection);
    connection.attach(driven);
    connections.add(driven);
    return driven;
  }

  /**
   * Who acts on a connection's events; null while it is a peer's that does not concern the
   * application yet.
   */
  private @Nullable ConnectionListener listenerOf(DrivenConnection c) {
    if (c.listener() == null && c.connection.isServer() && c.connection.concernsApplication()) {
      acceptor.onAccept(c);
    }
    return c.listener();
  }

  private void onTimer() {
    long now = nowNanos();
    for (DrivenConnection due; (due = deadlines.pollDue(now)) != null; ) {
      try {
        due.connection.onTimeout(now);
        markReady(due);
      } catch (RuntimeException | Error e) {
        fail(due, e);
      }
    }
    turn();
  }

  /** See {@link Carrier#wake}. */
  void wake(DrivenConnection c) {
    if (c != telling) { // that one transmits next anyway
      markReady(c);
      scheduleTurn();
    }
  }

  // Turns

  private void markReady(DrivenConnection c) {
    if (!c.inReadyQueue && !c.removed) {
      c.inReadyQueue = true;
      ready.add(c);
    }
  }

  private void scheduleTurn() {
    if (!turnScheduled && !inTurn && !closed) {
      turnScheduled = true;
      try {
        loop.execute(this::turn);
      } catch (RejectedExecutionException e) {
        log.debug("{}: no turn, the event loop is gone", transport(), e); // close() is to follow
      }
    }
  }

  private void turn() {
    if (inTurn) {
      return;
    }
    turnScheduled = false;
    inTurn = true;
    boolean more;
    try {
      tellEvents();
      more = transmit();
      receiveWaitingInitials();
    } finally {
      inTurn = false;
    }
    long now = nowNanos();
    // By the timer and not as a task: tasks that follow one another keep a loop from its input.
    timer.arm(initials.needsTurn() ? now : deadlines.earliestNanos(), now);
    if (more || !ready.isEmpty()) {
      scheduleTurn();
    }
  }

  private void tellEvents() {
    for (DrivenConnection c; (c = ready.poll()) != null; ) {
      c.inReadyQueue = false;
      if (!c.removed && tellEvents(c)) {
        sending.add(c);
      }
    }
  }

  /** Returns whether {@code c} still lives, and may have something to send. */
  private boolean tellEvents(DrivenConnection c) {
    telling = c;
    try {
      ConnectionListener listener = listenerOf(c);
      if (listener != null) {
        listener.onEvents();
      }
      if (!c.connection.isServer()) {
        further.onPathEvents(c);
      }
      if (c.connection.isTerminated()) {
        remove(c);
      } else if (!c.removed) {
        c.memoryWait.update(c.connection.mux(), endpoint.memory(), loop);
      }
    } catch (RuntimeException | Error e) {
      fail(c, e);
    } finally {
      telling = null;
    }
    return !c.removed;
  }

  /** There may be memory that its streams have waited for. */
  void onMemory(DrivenConnection c) {
    if (!c.removed) {
      c.connection.mux().onMemoryAvailable();
      markReady(c);
      turn();
    }
  }

  /** Lets connections send in turn; returns whether to go on in another turn of the loop. */
  private boolean transmit() {
    int budget = MAX_BATCHES_PER_TURN;
    int unflushedBytes = 0;
    sendStateless();
    while (budget > 0 && !socketFull) {
      DrivenConnection c = sending.next();
      if (c == null) {
        break;
      }
      if (!transmitBatch(c)) {
        sending.removeFirst();
        continue;
      }
      unflushedBytes += batch.length();
      // What has left has made room: who writes what is urgent fills it before others' turn comes.
      if (c.connection.mux().hasEvents()) {
        tellEvents(c);
      }
      budget--;
      if (unflushedBytes >= MAX_UNFLUSHED_BYTES) {
        unflushedBytes = 0;
        flush();
      }
    }
    flush();
    // Timers go on while a full socket keeps packets back.
    sending.forEach(this::onSent);
    return !sending.isEmpty() && !socketFull;
  }

  /** Sends one batch of {@code c}; when there is none, sees to what follows and returns false. */
  private boolean transmitBatch(DrivenConnection c) {
    if (c.removed) {
      return false;
    }
    try {
      batch.clear();
      if (c.connection.transmit(batch, nowNanos())) {
        send();
        sending.charge(c, batch.length());
        return true;
      }
      onSent(c);
    } catch (RuntimeException | Error e) {
      fail(c, e);
    }
    return false;
  }

  /** {@code c} has sent what it can, or what the socket takes. */
  private void onSent(DrivenConnection c) {
    deadlines.update(c, c.connection.deadlineNanos());
    if (c.connection.mux().hasEvents()) { // what has left has made room
      markReady(c);
    }
  }

  private void sendStateless() {
    while (!socketFull) {
      batch.clear();
      if (!endpoint.transmitStateless(batch)) {
        return;
      }
      send();
    }
  }

  private void send() {
    UdpSocket from = batch.socket() == FIRST_SOCKET ? socket : further.get(batch.socket());
    if (from != null) { // or else a path was left a moment ago
      from.send(batch);
    }
  }

  private void flush() {
    socket.flush();
    further.flush();
    socketFull = !socket.isWritable() || !further.areWritable();
  }

  /** See {@link Carrier#flushNow}. */
  void flushNow(DrivenConnection c) {
    while (!socketFull && transmitBatch(c)) {
      flush();
    }
  }

  // Ends

  private void remove(DrivenConnection c) {
    c.removed = true;
    if (c.listener() == null && log.isDebugEnabled()) {
      logFailedHandshake(c);
    }
    deadlines.remove(c);
    connections.remove(c);
    endpoint.forget(c.connection);
    further.forget(c);
    if (connections.isEmpty() && !closed) {
      acceptor.onIdle(this);
    }
  }

  private void logFailedHandshake(DrivenConnection c) {
    for (ConnectionEvent e; (e = c.connection.pollEvent()) != null; ) {
      if (e instanceof ConnectionEvent.Closed closed) {
        log.debug("{}: handshake with {} failed: {}", transport(), c.remote(), closed.reason());
      }
    }
  }

  private void fail(DrivenConnection c, Throwable cause) {
    if (c.removed) {
      return;
    }
    logFault("closing the connection", c.remote(), cause);
    abandon(c, CloseReason.Origin.LOCAL, TransportError.INTERNAL_ERROR, cause.toString());
  }

  /** A fault of ours, which a peer may have found out how to provoke. */
  private void logFault(String consequence, InetSocketAddress remote, Throwable cause) {
    if (faultLines.admits(nowNanos())) {
      long leftOut = faultLines.takeLeftOut();
      String more = leftOut == 0 ? "" : " (" + leftOut + " like it were not logged)";
      log.error("{}: a fault, {}, {}{}", transport(), consequence, remote, more, cause);
    }
  }

  private void abandon(DrivenConnection c, CloseReason.Origin origin, long code, String why) {
    remove(c);
    ConnectionListener listener = c.listener();
    if (listener != null) {
      listener.onAbandoned(new CloseReason(origin, false, code, 0, why));
    }
  }
}
