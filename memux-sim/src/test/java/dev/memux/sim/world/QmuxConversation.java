package dev.memux.sim.world;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.qmux.QmuxEndpoint;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.BytePipe;
import dev.memux.sim.Seed;
import dev.memux.sim.Simulation;
import dev.memux.sim.Trace;
import dev.memux.sim.qmux.QmuxApplication;
import dev.memux.sim.qmux.QmuxNode;
import dev.memux.sim.qmux.RecordListener;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A client and its connection over QMux, and everything that must hold for records. */
final class QmuxConversation extends Course implements QmuxApplication, RecordListener {
  /** How long it takes until both ends are told that the path is gone. */
  private static final long TELLING_NANOS = 50_000_000;

  private final WorldPlan world;
  private final QmuxPlan qmux;
  private final Trace trace;
  private final Tally tally;
  private final Seed seed;
  private final Map<Side, QmuxNode> nodes = new EnumMap<>(Side.class);
  private final Map<Side, BytePipe> pipes = new EnumMap<>(Side.class);
  private final FlowControlInvariant flowControl;
  private final StreamStateInvariant streamStates = new StreamStateInvariant();
  private final RecordInvariant records;
  private final Map<Side, SchedulingInvariant> scheduling = new EnumMap<>(Side.class);
  private final Map<Side, List<SchedulingInvariant.State>> before = new EnumMap<>(Side.class);

  private @Nullable TransportParameters remembered;
  private boolean pathIsDead;

  QmuxConversation(
      int number,
      WorldPlan.ConversationPlan plan,
      WorldPlan world,
      QmuxPlan qmux,
      Simulation simulation,
      Trace trace,
      Tally tally,
      Seed seed) {
    super(number, plan, simulation, trace);
    this.world = world;
    this.qmux = qmux;
    this.trace = trace;
    this.tally = tally;
    this.seed = seed;
    flowControl = new FlowControlInvariant(content(), this::parameters);
    records = new RecordInvariant(qmux);
    for (Side side : Side.values()) {
      scheduling.put(
          side,
          new SchedulingInvariant(
              qmux.config(side, world).mux().scheduler(), qmux.preferredRecordBytes()));
    }
    simulation.after(plan.connectAfterNanos(), this::connect);
  }

  private void connect() {
    long now = simulation().nowNanos();
    QmuxEndpoint connecting =
        new QmuxEndpoint(qmux.config(Side.CLIENT, world), MemoryBudget.UNLIMITED);
    QmuxEndpoint accepting =
        new QmuxEndpoint(qmux.config(Side.SERVER, world), MemoryBudget.UNLIMITED);
    remembered = qmux.remembers() ? visit(now) : null;
    QmuxConnection client =
        remembered == null ? connecting.connect(now) : connecting.connect(remembered, now);
    add(Side.CLIENT, connecting, client);
    add(Side.SERVER, accepting, accepting.accept(now));
    QmuxNode.join(nodes.get(Side.CLIENT), nodes.get(Side.SERVER));
  }

  private void add(Side side, QmuxEndpoint endpoint, QmuxConnection connection) {
    connection.preferRecordBytes(qmux.preferredRecordBytes());
    BytePipe out =
        new BytePipe(
            simulation(),
            side == Side.CLIENT ? planned().up() : planned().down(),
            qmux.bufferBytes(),
            seed.split("pipe").split(side.ordinal()));
    pipes.put(side, out);
    nodes.put(side, new QmuxNode(simulation(), endpoint, connection, out, this, this));
    peer(side).connection(connection);
  }

  /** What a server like this one said to a client that was there before. */
  private TransportParameters visit(long nowNanos) {
    QmuxConnection server =
        new QmuxEndpoint(qmux.config(Side.SERVER, world), MemoryBudget.UNLIMITED).accept(nowNanos);
    QmuxConnection client =
        new QmuxEndpoint(qmux.config(Side.CLIENT, world), MemoryBudget.UNLIMITED).connect(nowNanos);
    byte[] record = new byte[QmuxConnection.MIN_TRANSMIT_BYTES];
    int length = server.transmit(record, 0, record.length, nowNanos);
    client.receive(record, 0, length, nowNanos);
    return Objects.requireNonNull(client.peerParameters()).remembered();
  }

  @Override
  SchedulingInvariant scheduling(Side side) {
    return scheduling.get(side);
  }

  @Override
  void onCommand(Side side, Connection connection) {
    nodes.get(side).wake();
  }

  @Override
  void killPath() {
    pathIsDead = true;
    pipes.values().forEach(BytePipe::die);
    if (qmux.lostLoudly()) {
      simulation()
          .after(TELLING_NANOS, () -> nodes.values().forEach(node -> node.lose("path is dead")));
    }
  }

  // How it ends.

  @Override
  void onClosed(Peer peer, CloseReason reason) {
    CloseReason other = peer(peer.side().peer()).closed();
    boolean planned =
        switch (reason.origin()) {
          case LOCAL -> isPlannedClose(reason, peer.side());
          case PEER -> isPlannedClose(reason, peer.side().peer());
          case IDLE_TIMEOUT ->
              pathIsDead || (isEnding() && planned().ending() == WorldPlan.Ending.IDLE);
          case HANDSHAKE_TIMEOUT -> pathIsDead;
          // QMux §7.2: an idle timeout is not told, but the layer below is ended.
          case CARRIER_LOST ->
              pathIsDead || (other != null && other.origin() == Origin.IDLE_TIMEOUT);
          case STATELESS_RESET, VERSION_NEGOTIATION -> false;
        };
    if (!planned) {
      throw new Violation(TerminationInvariant.class, peer.side() + " " + reason);
    }
    if (reason.origin() == Origin.PEER) {
      checkNothingLost(peer);
    }
  }

  /** QMux §1.1, §7.2: who hears of the other's close has had all that it sent before. */
  private void checkNothingLost(Peer receiver) {
    Connection here = Objects.requireNonNull(receiver.connection());
    Connection there = Objects.requireNonNull(peer(receiver.side().peer()).connection());
    long sent = there.statistics().packetsSent();
    long received = here.statistics().packetsReceived();
    long datagramsSent = there.statistics().datagrams().sent();
    long datagramsReceived = here.statistics().datagrams().received();
    if (sent != received || datagramsSent != datagramsReceived) {
      throw new Violation(
          LossInvariant.class,
          "%s has %d of %d records, %d of %d datagrams"
              .formatted(receiver.side(), received, sent, datagramsReceived, datagramsSent));
    }
  }

  @Override
  void onTerminated(Peer peer, Connection connection) {
    tally.count("ended over QMux");
  }

  private TransportParameters parameters(Side declaredBy) {
    Connection knower = Objects.requireNonNull(peer(declaredBy.peer()).connection());
    TransportParameters known = knower.peerParameters();
    if (known == null && declaredBy == Side.SERVER) {
      known = remembered; // QMux §8.2
    }
    if (known == null) {
      throw new Violation(
          QmuxConversation.class, declaredBy.peer() + " sends without knowing the limits");
    }
    return known;
  }

  // What the nodes tell.

  @Override
  public void onEvent(QmuxConnection connection, ConnectionEvent event, long nowNanos) {
    peer(sideOf(connection)).onEvent(connection, event);
  }

  @Override
  public void onStream(QmuxConnection connection, MuxStream stream, int events, long nowNanos) {
    peer(sideOf(connection)).onStream(stream, events);
  }

  @Override
  public void onDatagram(QmuxConnection connection, byte[] datagram, long nowNanos) {
    datagrams().onReceived(sideOf(connection).peer(), datagram);
  }

  private static Side sideOf(Connection connection) {
    return connection.isServer() ? Side.SERVER : Side.CLIENT;
  }

  @Override
  public void onRecordSent(Side sender, byte[] payload, List<TappedFrame> frames) {
    trace.note(sender + " sends a record", payload, () -> payload.length + " B " + frames);
    records.onSent(sender, payload.length, frames);
    tally.count("records");
    for (TappedFrame frame : frames) {
      tally.count(frame);
      flowControl.onSent(sender, frame);
      streamStates.onSent(sender, frame);
      scheduling.get(sender).onSent(frame);
    }
    scheduling.get(sender).onBatchEnd(scheduledIn(sender), peer(sender).hasSendCredit(), false);
  }

  @Override
  public void beforeRecord(Side sender) {
    before.put(sender, peer(sender).scheduled());
  }

  /** What was sent counts as acknowledged: streams that a record has finished are gone already. */
  private Collection<SchedulingInvariant.State> scheduledIn(Side sender) {
    Map<Long, SchedulingInvariant.State> states = new LinkedHashMap<>();
    before.getOrDefault(sender, List.of()).forEach(s -> states.put(s.id(), s.finished()));
    peer(sender).scheduled().forEach(s -> states.put(s.id(), s));
    return states.values();
  }

  @Override
  public void onRecordDelivered(Side sender, List<TappedFrame> frames) {
    Side receiver = sender.peer();
    for (TappedFrame frame : frames) {
      flowControl.onDelivered(sender, frame);
      streamStates.onDelivered(receiver, frame);
      if (frame instanceof TappedFrame.Stream stream) {
        independence()
            .onDelivered(receiver, stream.streamId(), stream.offset(), stream.end(), true);
      } else if (frame instanceof TappedFrame.Control(ControlFrame.ResetStreamAt reset)) {
        independence().onPromise(receiver, reset.streamId(), reset.reliableSize());
      }
    }
  }

  @Override
  public void onTurn(Side side) {
    checkReadable(peer(side));
  }
}
