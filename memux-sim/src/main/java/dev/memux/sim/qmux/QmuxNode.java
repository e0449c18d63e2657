package dev.memux.sim.qmux;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.qmux.QmuxEndpoint;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.VarInt;
import dev.memux.sim.BytePipe;
import dev.memux.sim.Simulation;
import dev.memux.sim.quic.FrameCollector;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/**
 * One end of a QMux connection between two {@link BytePipe}s, driven as an event loop drives it: it
 * reads whatever comes, and writes a record only while its pipe takes it.
 */
public final class QmuxNode {
  private static final long NEVER = Long.MAX_VALUE;
  private static final int ROOM_BYTES = 1 << 16;

  private final Simulation simulation;
  private final QmuxEndpoint endpoint;
  private final QmuxConnection connection;
  private final Side side;
  private final BytePipe out;
  private final QmuxApplication application;
  private final RecordListener listener;
  private final FrameReader reader = new FrameReader();
  private final byte[] buffer = new byte[ROOM_BYTES];

  /** Records on their way from here. */
  private final ArrayDeque<UnderWay> underWay = new ArrayDeque<>();

  private long sentBytes;
  private long arrivedBytes;
  private boolean turnDue;
  private boolean terminated;
  private long timerNanos = NEVER;

  /**
   * @param out where records go; the other node listens to it
   */
  public QmuxNode(
      Simulation simulation,
      QmuxEndpoint endpoint,
      QmuxConnection connection,
      BytePipe out,
      QmuxApplication application,
      RecordListener listener) {
    this.simulation = simulation;
    this.endpoint = endpoint;
    this.connection = connection;
    this.side = connection.isServer() ? Side.SERVER : Side.CLIENT;
    this.out = out;
    this.application = application;
    this.listener = listener;
  }

  /** Both ends are there: what one writes the other reads. Their first records leave. */
  public static void join(QmuxNode client, QmuxNode server) {
    client.out.listen(client.new Ends(server));
    server.out.listen(server.new Ends(client));
    client.wake();
    server.wake();
  }

  public QmuxConnection connection() {
    return connection;
  }

  /** The layer below is gone. */
  public void lose(String reason) {
    if (!terminated) {
      connection.onCarrierLost(reason);
      wake();
    }
  }

  /** Has the node see to what the application has commanded. */
  public void wake() {
    if (!turnDue && !terminated) {
      turnDue = true;
      simulation.at(simulation.nowNanos(), this::turn);
    }
  }

  private void turn() {
    turnDue = false;
    do {
      drain();
    } while (!terminated && transmit()); // sending makes room, of which streams hear
    listener.onTurn(side);
    if (terminated) {
      return;
    }
    if (connection.isOutputEnded()) {
      out.end();
    }
    scheduleTimer();
  }

  private void drain() {
    for (ConnectionEvent event; (event = connection.pollEvent()) != null; ) {
      application.onEvent(connection, event, simulation.nowNanos());
      if (event instanceof ConnectionEvent.Terminated) {
        terminated = true;
        out.end();
        endpoint.forget(connection);
        return;
      }
    }
    for (MuxStream stream; (stream = connection.mux().pollStream()) != null; ) {
      application.onStream(connection, stream, stream.takeEvents(), simulation.nowNanos());
    }
    for (byte[] datagram; (datagram = connection.mux().datagrams().poll()) != null; ) {
      application.onDatagram(connection, datagram, simulation.nowNanos());
    }
  }

  /** Returns whether anything was sent. */
  private boolean transmit() {
    boolean sent = false;
    while (out.isWritable()) {
      listener.beforeRecord(side);
      int length = connection.transmit(buffer, 0, ROOM_BYTES, simulation.nowNanos());
      if (length == 0) {
        break;
      }
      sent = true;
      tap(length);
      out.write(buffer, 0, length);
    }
    return sent;
  }

  private void tap(int length) {
    int from = VarInt.sizeOf(buffer[0]);
    byte[] payload = Arrays.copyOfRange(buffer, from, length);
    FrameCollector collector = new FrameCollector();
    try {
      reader.readRecord(payload, 0, payload.length, collector);
    } catch (ProtocolException e) {
      throw new IllegalStateException(side + " sends what cannot be read: " + e.reason(), e);
    }
    sentBytes += length;
    List<TappedFrame> frames = collector.frames();
    underWay.add(new UnderWay(sentBytes, frames));
    listener.onRecordSent(side, payload, frames);
  }

  private void scheduleTimer() {
    long deadlineNanos = connection.deadlineNanos();
    if (deadlineNanos < timerNanos) {
      timerNanos = deadlineNanos;
      simulation.at(deadlineNanos, () -> onTimer(deadlineNanos));
    }
  }

  private void onTimer(long atNanos) {
    if (atNanos != timerNanos || terminated) {
      return; // another one is due before
    }
    timerNanos = NEVER;
    if (connection.deadlineNanos() <= simulation.nowNanos()) {
      connection.onTimeout(simulation.nowNanos());
      wake();
    } else {
      scheduleTimer();
    }
  }

  private void onArrived(int bytes) {
    arrivedBytes += bytes;
    while (!underWay.isEmpty() && underWay.getFirst().endsAt <= arrivedBytes) {
      listener.onRecordDelivered(side, underWay.removeFirst().frames);
    }
  }

  private void receive(byte[] bytes, int from, int length) {
    if (!terminated) {
      connection.receive(bytes, from, length, simulation.nowNanos());
      wake();
    }
  }

  private void onInputEnded() {
    if (!terminated) {
      connection.onInputEnded(simulation.nowNanos());
      wake();
    }
  }

  private record UnderWay(long endsAt, List<TappedFrame> frames) {}

  /** The two ends of the pipe that this node writes to. */
  private final class Ends implements BytePipe.Listener {
    private final QmuxNode far;

    Ends(QmuxNode far) {
      this.far = far;
    }

    @Override
    public void onBytes(byte[] bytes, int from, int length) {
      onArrived(length);
      far.receive(bytes, from, length);
    }

    @Override
    public void onEnd() {
      far.onInputEnded();
    }

    @Override
    public void onWritable() {
      wake();
    }
  }
}
