package dev.memux.sim.world;

import dev.memux.engine.CloseReason;
import dev.memux.engine.Connection;
import dev.memux.sim.Simulation;
import dev.memux.sim.Trace;
import dev.memux.sim.quic.Side;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * The applications at both ends of one connection, what becomes of their plan, and what must hold
 * for them whatever carries the connection.
 */
abstract class Course {
  private static final long CLOSE_CODE = 0x300;

  private final int number;
  private final WorldPlan.ConversationPlan plan;
  private final Simulation simulation;
  private final Trace trace;
  private final Map<Side, Peer> peers = new EnumMap<>(Side.class);
  private final Map<Long, StreamPlan> streams = new HashMap<>();
  private final StreamTimes times = new StreamTimes();
  private final Content content;
  private final DeliveryInvariant delivery;
  private final DatagramInvariant datagrams;
  private final IndependenceInvariant independence = new IndependenceInvariant();

  private int usable;
  private int closedStreamSides;
  private boolean ending;
  private boolean startedEarly;

  Course(int number, WorldPlan.ConversationPlan plan, Simulation simulation, Trace trace) {
    this.number = number;
    this.plan = plan;
    this.simulation = simulation;
    this.trace = trace;
    content = new Content(number);
    delivery = new DeliveryInvariant(content);
    datagrams = new DatagramInvariant(content);
    for (Side side : Side.values()) {
      peers.put(side, new Peer(this, side, simulation));
    }
  }

  // What depends on the carrier.

  /** The application has commanded a connection: what follows from it is to be sent. */
  abstract void onCommand(Side side, Connection connection);

  /** From now on nothing gets through any more. */
  abstract void killPath();

  /** One side's connection has ended. */
  abstract void onClosed(Peer peer, CloseReason reason);

  /** One side's connection can be forgotten. */
  abstract void onTerminated(Peer peer, Connection connection);

  /** What judges the order in which one side sends. */
  abstract SchedulingInvariant scheduling(Side side);

  /** A stream has another priority from now on. */
  void onReprioritised(Side sender, long streamId) {}

  /** One side can use streams: what else is to happen to it. */
  void planMore(Peer peer) {}

  /** Both sides know that the handshake is over. */
  void onHandshakeConfirmed(Peer peer) {}

  /** The client is at another address. */
  void onMigrated() {}

  // What all of them have.

  Peer peer(Side side) {
    return peers.get(side);
  }

  Simulation simulation() {
    return simulation;
  }

  Content content() {
    return content;
  }

  WorldPlan.ConversationPlan planned() {
    return plan;
  }

  DeliveryInvariant delivery() {
    return delivery;
  }

  DatagramInvariant datagrams() {
    return datagrams;
  }

  IndependenceInvariant independence() {
    return independence;
  }

  StreamTimes times() {
    return times;
  }

  boolean isOver() {
    return peer(Side.CLIENT).closed() != null || peer(Side.SERVER).closed() != null;
  }

  /** Whether the plan's end has begun. */
  boolean isEnding() {
    return ending;
  }

  void note(String what) {
    trace.note(number + " " + what);
  }

  /** The application has read bytes of a stream. */
  void onRead(Side sender, long streamId, byte[] data, int length) {
    delivery.onRead(sender, streamId, data, length);
    times.onRead(sender, streamId, delivery.read(sender, streamId), simulation.elapsedNanos());
  }

  StreamPlan plan(long streamId) {
    StreamPlan known = streams.get(streamId);
    if (known == null) {
      throw new Violation(Course.class, "stream " + streamId + " that nobody opened");
    }
    return known;
  }

  /**
   * A client may send before the handshake is complete; what it does then, it does not do again.
   */
  void onEarlyDataReady(Peer peer) {
    if (peer.side() == Side.CLIENT) {
      startedEarly = true;
      openStreams(peer);
    }
  }

  private void openStreams(Peer peer) {
    for (StreamPlan stream : plan.streams()) {
      if (stream.opener() == peer.side()) {
        peer.at(stream.openAfterNanos(), () -> peer.open(stream));
      }
    }
  }

  /** The handshake is over for one side. */
  void onUsable(Peer peer) {
    if (peer.side() == Side.SERVER || !startedEarly) {
      openStreams(peer);
    }
    peer.sendDatagrams(plan.datagrams());
    Side cutter = plan.ending() == WorldPlan.Ending.SERVER_ABORTS ? Side.SERVER : Side.CLIENT;
    if (plan.ending().cutsShort() && peer.side() == cutter) {
      peer.at(plan.endAfterNanos(), this::end);
    }
    planMore(peer);
    usable++;
    endIfWorkIsDone();
  }

  void onOpened(long streamId, StreamPlan stream) {
    times.onOpened(streamId, simulation.elapsedNanos());
    if (streams.put(streamId, stream) != null) {
      throw new Violation(Course.class, "stream " + streamId + " opened twice");
    }
  }

  void onStopped(Side reader, long streamId) {
    delivery.onReset(reader.peer(), streamId);
  }

  void onStreamClosed(Peer peer, long streamId) {
    note(peer.side() + " is through with " + streamId);
    closedStreamSides++;
    endIfWorkIsDone();
  }

  private void endIfWorkIsDone() {
    if (usable == 2
        && closedStreamSides == 2 * plan.streams().size()
        && !plan.ending().cutsShort()) {
      peer(Side.CLIENT).at(plan.endAfterNanos(), this::end);
    }
  }

  private void end() {
    ending = true;
    note("ending: " + plan.ending());
    switch (plan.ending()) {
      case CLIENT_CLOSES, CLIENT_ABORTS -> close(Side.CLIENT);
      case SERVER_CLOSES, SERVER_ABORTS -> close(Side.SERVER);
      case BOTH_CLOSE -> {
        close(Side.CLIENT);
        close(Side.SERVER);
      }
      case IDLE -> {}
      case PATH_DIES -> killPath();
    }
    if (!plan.ending().cutsShort()) {
      for (Side side : Side.values()) {
        Connection connection = peer(side).connection();
        if (connection != null && connection.mux().streamCount() > 0) {
          throw new Violation(
              TerminationInvariant.class,
              "%s keeps %d streams that are over".formatted(side, connection.mux().streamCount()));
        }
      }
    }
  }

  private void close(Side side) {
    Peer peer = peer(side);
    peer.at(0, () -> peer.close(CLOSE_CODE + side.ordinal()));
  }

  /** What has been delivered must be readable. */
  void checkReadable(Peer peer) {
    for (long id : independence.takeTouched(peer.side())) {
      if (peer.connection() != null && peer.closed() == null) {
        peer.availableBytes(id).ifPresent(n -> independence.check(peer.side(), id, n));
      }
    }
  }

  /** Whether it ends as planned: by a close of {@code closer}'s application. */
  boolean isPlannedClose(CloseReason reason, Side closer) {
    return ending && reason.application() && reason.code() == CLOSE_CODE + closer.ordinal();
  }
}
