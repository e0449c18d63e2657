package dev.memux.sim.world;

import dev.memux.engine.CloseReason;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.Datagrams;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamGroup;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.sim.Simulation;
import dev.memux.sim.quic.Side;
import dev.memux.tls.EarlyData;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The application at one end of a connection: opens, writes, reads, resets and closes as planned.
 */
final class Peer {
  private static final int CHUNK_BYTES = 16 << 10;
  private static final long RESET_CODE = 0x100;
  private static final long STOP_CODE = 0x200;

  private final Course conversation;
  private final Side side;
  private final Simulation simulation;
  private final Queue<StreamPlan> waiting = new ArrayDeque<>();
  private final Map<Long, StreamWork> unfinished = new TreeMap<>();
  private final Set<Long> stopped = new HashSet<>();
  private final Map<Integer, StreamGroup> groups = new HashMap<>();
  private final byte[] buffer = new byte[CHUNK_BYTES];

  private @Nullable Connection connection;
  private boolean handshakeComplete;
  private EarlyData earlyData = EarlyData.NONE;
  private int keyUpdates;
  private boolean terminated;
  private @Nullable CloseReason closed;

  Peer(Course conversation, Side side, Simulation simulation) {
    this.conversation = conversation;
    this.side = side;
    this.simulation = simulation;
  }

  Side side() {
    return side;
  }

  @Nullable Connection connection() {
    return connection;
  }

  void connection(Connection connection) {
    this.connection = connection;
  }

  boolean isHandshakeComplete() {
    return handshakeComplete;
  }

  EarlyData earlyData() {
    return earlyData;
  }

  /** How often this side has begun to use new keys. */
  int keyUpdates() {
    return keyUpdates;
  }

  void updateKeys() {
    if (connection instanceof QuicConnection quic && quic.updateKeys(simulation.nowNanos())) {
      conversation.note(side + " updates its keys");
      keyUpdates++;
    }
  }

  boolean isTerminated() {
    return terminated;
  }

  @Nullable CloseReason closed() {
    return closed;
  }

  void onEvent(Connection source, ConnectionEvent event) {
    connection = source;
    conversation.note(side + " " + describe(event));
    switch (event) {
      case ConnectionEvent.EarlyDataReady ready -> conversation.onEarlyDataReady(this);
      case ConnectionEvent.HandshakeCompleted done -> {
        handshakeComplete = true;
        earlyData = done.session().earlyData();
        conversation.onUsable(this);
      }
      case ConnectionEvent.Established established -> {
        handshakeComplete = true;
        conversation.onUsable(this);
      }
      case ConnectionEvent.HandshakeConfirmed confirmed -> conversation.onHandshakeConfirmed(this);
      case ConnectionEvent.StreamsAvailable available -> openWaiting();
      case ConnectionEvent.PeerMigrated migrated -> conversation.onMigrated();
      case ConnectionEvent.TokenReceived token -> {}
      case ConnectionEvent.Closed over -> {
        closed = over.reason();
        conversation.onClosed(this, over.reason());
      }
      case ConnectionEvent.Terminated over -> {
        terminated = true;
        TerminationInvariant.checkTerminated(
            side.toString(), source.isTerminated(), source.deadlineNanos());
        conversation.onTerminated(this, source);
      }
    }
  }

  private static String describe(ConnectionEvent event) {
    return switch (event) {
      // A TLS session holds certificates, whose text is long.
      case ConnectionEvent.HandshakeCompleted completed -> "HandshakeCompleted";
      case ConnectionEvent.TokenReceived received -> "TokenReceived";
      default -> "" + event;
    };
  }

  void onStream(MuxStream stream, int events) {
    StreamWork work = work(stream);
    if ((events & MuxStream.STOPPED) != 0) {
      work.sendOver = true;
      conversation.delivery().onReset(side, stream.id());
    }
    if ((events & MuxStream.OPENED) != 0) {
      write(stream, work);
    }
    if ((events & MuxStream.WRITABLE) != 0) {
      write(stream, work);
    }
    if ((events & MuxStream.RESET) != 0) {
      conversation.delivery().onResetSeen(side.peer(), stream.id());
      work.receiveOver = true;
    }
    if ((events & MuxStream.READABLE) != 0) {
      readable(stream, work);
    }
    if ((events & MuxStream.CLOSED) != 0) {
      unfinished.remove(stream.id());
      conversation.onStreamClosed(this, stream.id());
    }
    if (stream.id() % 8 < 4) { // others are kept awake
      stream.rest();
    }
  }

  /**
   * Runs a command as an application would at any moment, then has the node send what follows from
   * it.
   */
  void at(long afterNanos, Runnable command) {
    simulation.after(
        afterNanos,
        () -> {
          Connection live = connection;
          if (live != null && closed == null) {
            command.run();
            conversation.onCommand(side, live);
          }
        });
  }

  /** Bytes of a stream that have been read or can be; empty if that means nothing any more. */
  OptionalLong availableBytes(long streamId) {
    Connection live = connection;
    MuxStream stream = live == null ? null : live.mux().stream(streamId);
    if (stream == null || stream.resetCode() >= 0 || stopped.contains(streamId)) {
      return OptionalLong.empty();
    }
    long read = conversation.delivery().read(side.peer(), streamId);
    // Who reads all there is whenever told to must have been told.
    boolean eager = work(stream).plan.direction(side.peer()).reading().isEager();
    return OptionalLong.of(eager ? read : read + stream.readableBytes());
  }

  /** Whether the peer's limit for the connection lets new data be sent. */
  boolean hasSendCredit() {
    return Objects.requireNonNull(connection).mux().sendCreditBytes() > 0;
  }

  /** The streams that this side may still have something to send on, for who judges the order. */
  List<SchedulingInvariant.State> scheduled() {
    List<SchedulingInvariant.State> states = new ArrayList<>();
    Mux mux = Objects.requireNonNull(connection).mux();
    unfinished.forEach(
        (id, work) -> {
          // What is over is in no group any more, though it may not have been told.
          if (work.stream.canSend() && mux.stream(id) != null) {
            states.add(scheduled(work));
          }
        });
    return states;
  }

  private SchedulingInvariant.State scheduled(StreamWork work) {
    MuxStream stream = work.stream;
    StreamGroup group = stream.group();
    boolean gaveUp = work.resets > 0 || stream.stopCode() >= 0 || work.isReset;
    return new SchedulingInvariant.State(
        stream.id(),
        stream.priority().urgency(),
        stream.priority().incremental(),
        group == null ? SchedulingInvariant.NO_GROUP : group.id(),
        group == null ? 1 : group.weight(),
        stream.peerGroup(),
        !gaveUp && work.written > stream.sentBytes() && stream.sendCreditBytes() > 0);
  }

  /** Notes how far every stream has come that is not over; for the trace of a failure. */
  void noteUnfinished() {
    Connection last = connection;
    if (last != null) {
      conversation.note(
          side
              + " "
              + last.statistics()
              + (last.mux().hasPending() ? ", wants to send" : ", has nothing to send"));
    }
    unfinished.forEach(
        (id, work) ->
            conversation.note(
                "%s at %d: wrote %d, send over %b, read %d, readable %d, receive over %b, %s"
                    .formatted(
                        side,
                        id,
                        work.written,
                        work.sendOver,
                        conversation.delivery().read(side.peer(), id),
                        work.stream.readableBytes(),
                        work.receiveOver,
                        work.plan)));
  }

  void close(long code) {
    Connection live = connection;
    if (live != null && closed == null) {
      conversation.note(side + " closes with " + code);
      live.close(code, "over", simulation.nowNanos());
    }
  }

  // Datagrams.

  void sendDatagrams(DatagramPlan plan) {
    for (int n = 0; n < plan.count(); n++) {
      int ordinal = n;
      at(n * plan.everyNanos(), () -> sendDatagram(ordinal, plan.bytes(ordinal)));
    }
  }

  private void sendDatagram(int ordinal, int bytes) {
    Datagrams datagrams = Objects.requireNonNull(connection).mux().datagrams();
    boolean fits = bytes <= datagrams.maxPayloadBytes();
    byte[] content = conversation.datagrams().content(side, ordinal, bytes);
    Datagrams.SendResult result = datagrams.send(ByteBuffer.wrap(content));
    boolean taken =
        result == Datagrams.SendResult.QUEUED || result == Datagrams.SendResult.DISPLACED_OLDER;
    if (taken) {
      conversation.datagrams().onSent(side, ordinal, bytes);
    }
    if (taken && !fits) {
      throw new Violation(Peer.class, "took a datagram of " + bytes + " bytes that does not fit");
    }
  }

  // Opening.

  void open(StreamPlan plan) {
    waiting.add(plan);
    openWaiting();
  }

  private void openWaiting() {
    // A stream of one type may wait for the limit while one of the other may go.
    for (StreamType type : StreamType.values()) {
      StreamPlan plan = nextWaiting(type);
      while (plan != null && openNow(plan)) {
        waiting.remove(plan);
        plan = nextWaiting(type);
      }
    }
  }

  private @Nullable StreamPlan nextWaiting(StreamType type) {
    for (StreamPlan plan : waiting) {
      if (plan.type() == type) {
        return plan;
      }
    }
    return null;
  }

  private boolean openNow(StreamPlan plan) {
    if (connection == null) {
      throw new IllegalStateException("opens a stream before the handshake");
    }
    long openable = connection.mux().openable(plan.type());
    MuxStream stream = connection.mux().open(plan.type(), plan.priority());
    if ((stream != null) != (openable > 0)) {
      throw new Violation(Peer.class, openable + " streams openable, opened " + stream);
    }
    if (stream == null) {
      return false;
    }
    conversation.note(side + " opens " + stream.id());
    conversation.onOpened(stream.id(), plan);
    if (plan.group() > 0) {
      stream.setGroup(group(plan.group()));
    }
    if (plan.asksAtOpen() && stream.canReceive()) {
      stream.requestPriority(plan.priority());
    }
    write(stream, work(stream));
    return true;
  }

  private StreamWork work(MuxStream stream) {
    if (stream.attachment() instanceof StreamWork known) {
      return known;
    }
    StreamWork fresh = new StreamWork(conversation.plan(stream.id()), stream);
    stream.attach(fresh);
    unfinished.put(stream.id(), fresh);
    planInterruptions(stream, fresh);
    planReprioritisations(stream, fresh.plan);
    return fresh;
  }

  private StreamGroup group(int number) {
    return groups.computeIfAbsent(
        number, n -> Objects.requireNonNull(connection).mux().addGroup(n));
  }

  private void planReprioritisations(MuxStream stream, StreamPlan plan) {
    for (StreamPlan.Reprioritisation change : plan.reprioritisations()) {
      if (change.asked() && side == plan.asker()) {
        at(change.afterNanos(), () -> stream.requestPriority(change.priority()));
      } else if (!change.asked() && side == plan.opener()) {
        at(
            change.afterNanos(),
            () -> {
              stream.setPriority(change.priority());
              conversation.onReprioritised(side, stream.id());
            });
      }
    }
  }

  private void planInterruptions(MuxStream stream, StreamWork work) {
    long resetAfterNanos = work.plan.direction(side).resetAfterNanos();
    if (stream.canSend() && resetAfterNanos >= 0) {
      at(resetAfterNanos, () -> reset(stream, work));
    }
    long stopAfterNanos = work.plan.direction(side.peer()).stopAfterNanos();
    if (stream.canReceive() && stopAfterNanos >= 0) {
      at(stopAfterNanos, () -> stop(stream, work));
    }
  }

  // Writing.

  private void write(MuxStream stream, StreamWork work) {
    if (!stream.canSend() || work.sendOver || closed != null) {
      return;
    }
    StreamPlan.Direction plan = work.plan.direction(side);
    long target = plan.resetAt() >= 0 ? plan.resetAt() : plan.bytes();
    while (work.written < target) {
      int length = (int) Math.min(CHUNK_BYTES, target - work.written);
      conversation.content().fill(side, stream.id(), work.written, buffer, 0, length);
      int taken = stream.write(ByteBuffer.wrap(buffer, 0, length));
      work.written += taken;
      conversation.delivery().onWritten(side, stream.id(), taken);
      if (taken < length) {
        return; // WRITABLE follows.
      }
    }
    if (plan.resetAt() >= 0) {
      reset(stream, work);
    } else {
      work.sendOver = true;
      conversation.delivery().onFinished(side, stream.id());
      stream.finish();
    }
  }

  private void reset(MuxStream stream, StreamWork work) {
    work.sendOver = true;
    work.isReset = true;
    long planned = work.plan.direction(side).reliable();
    boolean canPromise = Objects.requireNonNull(connection).mux().canResetAt();
    if (!canPromise && work.resets > 0) {
      return; // early data was refused in between: what has been promised stays
    }
    if (planned < 0 || !canPromise) {
      conversation.note(side + " resets " + stream.id());
      conversation.delivery().onReset(side, stream.id());
      stream.reset(RESET_CODE);
      return;
    }
    long reliable = Math.min(planned, work.written) / ++work.resets;
    conversation.note(side + " resets " + stream.id() + " at " + reliable);
    conversation.delivery().onReset(side, stream.id(), reliable);
    stream.resetAt(RESET_CODE, reliable);
  }

  // Reading.

  private void readable(MuxStream stream, StreamWork work) {
    StreamPlan.Reading reading = work.plan.direction(side.peer()).reading();
    if (reading.isEager()) {
      read(stream, work, Integer.MAX_VALUE);
    } else if (!work.readScheduled) {
      scheduleRead(stream, work, reading, reading.everyNanos());
    }
  }

  private void scheduleRead(
      MuxStream stream, StreamWork work, StreamPlan.Reading reading, long afterNanos) {
    work.readScheduled = true;
    at(
        afterNanos,
        () -> {
          work.readScheduled = false;
          pacedRead(stream, work, reading);
        });
  }

  private void pacedRead(MuxStream stream, StreamWork work, StreamPlan.Reading reading) {
    long read = conversation.delivery().read(side.peer(), stream.id());
    if (reading.pauseAt() >= 0 && read >= reading.pauseAt() && !work.paused) {
      work.paused = true;
      scheduleRead(stream, work, reading, reading.pauseNanos());
      return;
    }
    boolean mayHaveMore = read(stream, work, reading.chunkBytes());
    if (mayHaveMore) {
      scheduleRead(stream, work, reading, Math.max(1, reading.everyNanos()));
    }
  }

  /** Reads until so much has been read or nothing is there; false: nothing is left to read now. */
  private boolean read(MuxStream stream, StreamWork work, int limit) {
    StreamPlan.Direction plan = work.plan.direction(side.peer());
    int left = limit;
    while (left > 0 && !work.receiveOver) {
      int length = stream.read(ByteBuffer.wrap(buffer, 0, Math.min(left, CHUNK_BYTES)));
      if (length < 0) {
        onReadEnd(stream, work);
        return false;
      }
      if (length == 0) {
        return false;
      }
      left -= length;
      conversation.onRead(side.peer(), stream.id(), buffer, length);
      if (plan.stopAt() >= 0
          && conversation.delivery().read(side.peer(), stream.id()) >= plan.stopAt()) {
        stop(stream, work);
      }
    }
    return !work.receiveOver;
  }

  private void stop(MuxStream stream, StreamWork work) {
    work.receiveOver = true;
    stopped.add(stream.id());
    conversation.note(side + " stops " + stream.id());
    conversation.onStopped(side, stream.id());
    stream.stopSending(STOP_CODE);
  }

  private void onReadEnd(MuxStream stream, StreamWork work) {
    work.receiveOver = true;
    if (stream.resetCode() < 0) {
      conversation.delivery().onEnd(side.peer(), stream.id());
    }
  }

  /** How far one side has come with a stream. */
  private static final class StreamWork {
    final StreamPlan plan;
    final MuxStream stream;
    long written;
    boolean sendOver;
    boolean receiveOver;
    boolean readScheduled;
    boolean paused;
    int resets;
    boolean isReset;

    StreamWork(StreamPlan plan, MuxStream stream) {
      this.plan = plan;
      this.stream = stream;
    }
  }
}
