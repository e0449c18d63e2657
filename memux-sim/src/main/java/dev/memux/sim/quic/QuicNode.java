package dev.memux.sim.quic;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.quic.PathEvent;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.sim.Datagram;
import dev.memux.sim.DatagramSink;
import dev.memux.sim.Node;
import dev.memux.tls.TlsClientConfig;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * A host with one UDP socket, or several, and one QUIC endpoint, driven as an event loop drives it:
 * all datagrams of an instant, then for each connection that something happened to its events, then
 * what it may send.
 */
public final class QuicNode implements Node {
  /** How long a full socket stays full. */
  private static final long SOCKET_FULL_NANOS = 20_000;

  private final String name;

  /** Where each socket is seen. */
  private final List<InetSocketAddress> sockets = new ArrayList<>();

  private final QuicEndpoint endpoint;
  private final QuicApplication application;
  private final SequencedSet<QuicConnection> connections = new LinkedHashSet<>();
  private final SequencedSet<QuicConnection> dirty = new LinkedHashSet<>();
  private final SendBatch batch = new SendBatch();
  private @Nullable TransmitObserver transmitObserver;
  private long timerGranularityNanos = 1;
  private int socketDatagrams = Integer.MAX_VALUE;
  private int socketRoom;
  private long socketBlockedUntilNanos = NEVER;
  private long handshakeWorkNanos;

  /** What another thread would be at, in the order in which it will be done. */
  private final Queue<HandshakeWork> atWork = new ArrayDeque<>();

  private record HandshakeWork(QuicConnection connection, long doneNanos) {}

  public QuicNode(
      String name, InetSocketAddress address, QuicEndpoint endpoint, QuicApplication application) {
    this.name = name;
    this.sockets.add(address);
    this.endpoint = endpoint;
    this.application = application;
  }

  /** Of the first socket. */
  public InetSocketAddress address() {
    return address(0);
  }

  /** Where a socket is seen. */
  public InetSocketAddress address(int socket) {
    return sockets.get(socket);
  }

  /**
   * Opens another socket.
   *
   * @return the number by which the engine knows it
   */
  public int open(InetSocketAddress address) {
    sockets.add(address);
    return sockets.size() - 1;
  }

  /**
   * What leaves from now on seems to come from elsewhere, as when a NAT on the way forgets the
   * node: the node itself does not notice.
   */
  public void rebind(int socket, InetSocketAddress to) {
    sockets.set(socket, to);
  }

  public QuicEndpoint endpoint() {
    return endpoint;
  }

  /** Connections that have not terminated, in the order in which they came. */
  public List<QuicConnection> connections() {
    return List.copyOf(connections);
  }

  /**
   * Makes the driver less than perfect.
   *
   * @param timerGranularityNanos deadlines are kept at the next multiple of this; 1: to the
   *     nanosecond
   * @param socketDatagrams after so many the socket is full, until a little later
   */
  public void driver(long timerGranularityNanos, int socketDatagrams) {
    this.timerGranularityNanos = timerGranularityNanos;
    this.socketDatagrams = socketDatagrams;
  }

  /**
   * Has the long parts of handshakes done elsewhere, so that the connection goes on meanwhile.
   *
   * @param nanos how long each of them takes; 0: they take no time, as if nothing had been said
   */
  public void leaveHandshakeWork(long nanos) {
    handshakeWorkNanos = nanos;
    if (nanos > 0) {
      endpoint.leaveHandshakeWork();
    }
  }

  /** How long the long parts of a handshake take. */
  public long handshakeWorkNanos() {
    return handshakeWorkNanos;
  }

  /** How late a deadline may be kept. */
  public long timerGranularityNanos() {
    return timerGranularityNanos;
  }

  public void observeTransmit(TransmitObserver observer) {
    transmitObserver = observer;
  }

  /** Begins a connection; {@link dev.memux.sim.Network#wake} then sends its first datagram. */
  public QuicConnection connect(
      TlsClientConfig tls, String serverName, InetSocketAddress remote, long nowNanos) {
    QuicConnection connection = endpoint.connect(tls, serverName, remote, nowNanos);
    connections.add(connection);
    dirty.add(connection);
    return connection;
  }

  /**
   * The application has commanded a connection, or a stream of it, outside a callback for that
   * connection.
   */
  public void touch(QuicConnection connection) {
    dirty.add(connection);
  }

  @Override
  public void receive(Datagram datagram, long nowNanos) {
    int socket = sockets.indexOf(datagram.destination());
    if (socket < 0) {
      throw new IllegalArgumentException(this + " has no socket for " + datagram);
    }
    QuicConnection connection =
        endpoint.receive(
            socket,
            datagram.source(),
            datagram.payload().clone(),
            0,
            datagram.bytes(),
            datagram.ecn(),
            nowNanos);
    if (connection != null) {
      connections.add(connection);
      dirty.add(connection);
      beginHandshakeWork(connection, nowNanos);
    }
  }

  private void beginHandshakeWork(QuicConnection connection, long nowNanos) {
    Runnable work = connection.takeHandshakeWork();
    if (work != null) {
      work.run();
      atWork.add(new HandshakeWork(connection, nowNanos + handshakeWorkNanos));
    }
  }

  private void endHandshakeWork(long nowNanos) {
    for (HandshakeWork next; (next = atWork.peek()) != null && next.doneNanos <= nowNanos; ) {
      atWork.remove();
      endpoint.onHandshakeWorkDone(next.connection, nowNanos);
      dirty.add(next.connection);
      beginHandshakeWork(next.connection, nowNanos);
    }
  }

  @Override
  public void onTimeout(long nowNanos) {
    endHandshakeWork(nowNanos);
    for (QuicConnection connection : connections) {
      if (connection.deadlineNanos() <= nowNanos) {
        connection.onTimeout(nowNanos);
        dirty.add(connection);
      }
    }
  }

  @Override
  public void transmit(DatagramSink out, long nowNanos) {
    socketRoom = socketDatagrams;
    socketBlockedUntilNanos = NEVER;
    do {
      takeTurn(out, nowNanos);
    } while (socketRoom > 0 && !dirty.isEmpty()); // sending makes room, of which streams hear
    while (endpoint.transmitStateless(batch)) {
      flush(out);
    }
  }

  private void takeTurn(DatagramSink out, long nowNanos) {
    // Events first, for all: what one connection's application commands on another still leaves in
    // this turn.
    List<QuicConnection> turn = new ArrayList<>();
    while (!dirty.isEmpty()) {
      QuicConnection connection = dirty.removeFirst();
      turn.remove(connection);
      turn.add(connection);
      drain(connection, nowNanos);
    }
    for (QuicConnection connection : turn) {
      transmit(connection, out, nowNanos);
    }
  }

  private void drain(QuicConnection connection, long nowNanos) {
    for (ConnectionEvent event = connection.pollEvent();
        event != null;
        event = connection.pollEvent()) {
      application.onEvent(connection, event, nowNanos);
      if (event instanceof ConnectionEvent.Terminated) {
        connections.remove(connection);
        endpoint.forget(connection);
      }
    }
    while (!connection.isServer()) {
      PathEvent event = connection.migration().pollEvent();
      if (event == null) {
        break;
      }
      application.onPathEvent(connection, event, nowNanos);
    }
    for (MuxStream stream = connection.mux().pollStream();
        stream != null;
        stream = connection.mux().pollStream()) {
      application.onStream(connection, stream, stream.takeEvents(), nowNanos);
    }
    for (byte[] datagram = connection.mux().datagrams().poll();
        datagram != null;
        datagram = connection.mux().datagrams().poll()) {
      application.onDatagram(connection, datagram, nowNanos);
    }
  }

  private void transmit(QuicConnection connection, DatagramSink out, long nowNanos) {
    boolean more;
    do {
      if (socketRoom <= 0) {
        dirty.add(connection);
        socketBlockedUntilNanos = nowNanos + SOCKET_FULL_NANOS;
        return;
      }
      if (transmitObserver != null) {
        transmitObserver.beforeTransmit(connection, nowNanos);
      }
      more = connection.transmit(batch, nowNanos);
      if (more) {
        flush(out);
      }
      if (transmitObserver != null) {
        transmitObserver.afterTransmit(connection, nowNanos);
      }
      if (connection.mux().hasEvents()) { // what has left has made room
        drain(connection, nowNanos);
        more = true;
      }
    } while (more);
  }

  private void flush(DatagramSink out) {
    socketRoom -= batch.count();
    for (int from = 0; from < batch.length(); from += batch.segmentBytes()) {
      int length = Math.min(batch.segmentBytes(), batch.length() - from);
      out.send(address(batch.socket()), batch.remote(), batch.buffer(), from, length, batch.ecn());
    }
    batch.clear();
  }

  @Override
  public long deadlineNanos() {
    long earliest = NEVER;
    for (QuicConnection connection : connections) {
      earliest = Math.min(earliest, connection.deadlineNanos());
    }
    if (earliest != NEVER) {
      earliest = Math.ceilDiv(earliest, timerGranularityNanos) * timerGranularityNanos;
    }
    HandshakeWork next = atWork.peek();
    if (next != null) {
      earliest = Math.min(earliest, next.doneNanos);
    }
    return Math.min(earliest, socketBlockedUntilNanos);
  }

  @Override
  public String toString() {
    return name;
  }
}
