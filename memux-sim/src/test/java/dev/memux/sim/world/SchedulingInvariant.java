package dev.memux.sim.world;

import dev.memux.engine.schedule.SchedulerConfig;
import dev.memux.sim.quic.TappedFrame;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one side of a connection sends is what its scheduler must choose, the floor being off: the
 * most urgent of each group first, equals alike, groups by their weights. A batch is judged as a
 * whole, as nobody comes to have something to send while it is filled.
 */
final class SchedulingInvariant {
  /** Streams of no group, and groups of the peer's, are parts of this one. */
  static final long NO_GROUP = 0;

  /**
   * A stream after a batch.
   *
   * @param ownGroup the group that this side has put it in, {@link #NO_GROUP}: none
   * @param ownWeight that group's
   * @param peerGroup the group that the peer has put it in, {@link #NO_GROUP}: none
   * @param isWaiting whether it has new data, and credit of its own
   */
  record State(
      long id,
      int urgency,
      boolean incremental,
      long ownGroup,
      int ownWeight,
      long peerGroup,
      boolean isWaiting) {
    /** The same once nothing is left to send. */
    State finished() {
      return new State(
          id, urgency, incremental, ownGroup, ownWeight, peerGroup, /* isWaiting= */ false);
    }

    Place place() {
      return new Place(ownGroup, peerGroup);
    }
  }

  /** A group: one of this side's, or inside of none of those one of the peer's. */
  private record Place(long ownGroup, long peerGroup) {}

  /** Equals. */
  private record Rank(Place place, int urgency) {}

  private record Sent(long id, long end, int length) {}

  private final boolean judges;
  private final boolean judgesEquals;
  private final long streamToleranceBytes;
  private final Shares<Long> ownGroups;
  private final Shares<Long> peerGroups;
  private final Map<Rank, Shares<Long>> equals = new HashMap<>();
  private final Map<Long, Long> highest = new HashMap<>();
  private final List<Sent> batch = new ArrayList<>();
  private long datagramBytes;
  private int urgenciesJudged;

  /**
   * @param packetBytes a full packet, or record
   */
  SchedulingInvariant(SchedulerConfig config, long packetBytes) {
    this.judges = !config.floor();
    // Who may catch up without limit may be served alone for as long as that takes.
    this.judgesEquals = config.catchUpBytes() != SchedulerConfig.UNBOUNDED;
    this.streamToleranceBytes =
        judgesEquals ? Math.max(packetBytes + config.catchUpBytes(), 2 * packetBytes) : 0;
    this.ownGroups = new Shares<>("groups", 0.05, 2 * packetBytes);
    this.peerGroups = new Shares<>("the peer's groups", 0.05, 2 * packetBytes);
  }

  /** A frame is being sent. */
  void onSent(TappedFrame frame) {
    if (frame instanceof TappedFrame.Stream stream) {
      onStreamSent(stream.streamId(), stream.end(), stream.length());
    } else if (frame instanceof TappedFrame.Datagram datagram) {
      onDatagramSent(datagram.length());
    }
  }

  void onStreamSent(long id, long end, int length) {
    batch.add(new Sent(id, end, length));
  }

  void onDatagramSent(int length) {
    datagramBytes += length;
  }

  /**
   * A batch is over.
   *
   * @param hasCredit whether the connection's flow control allows new data; while it does not, only
   *     lost data is sent
   * @param probes whether probes were sent (RFC 9002 §6.2.4), which take what is at hand
   */
  void onBatchEnd(Collection<State> streams, boolean hasCredit, boolean probes) {
    if (judges && !(batch.isEmpty() && hasCredit)) {
      Map<Long, State> states = new LinkedHashMap<>();
      streams.forEach(state -> states.put(state.id(), state));
      if (!probes) {
        checkOrder(states);
      }
      countShares(states, hasCredit);
    }
    for (Sent sent : batch) {
      highest.merge(sent.id, sent.end, Math::max);
    }
    batch.clear();
    datagramBytes = 0;
  }

  int urgenciesJudged() {
    return urgenciesJudged;
  }

  int streamSharesJudged() {
    return equals.values().stream().mapToInt(Shares::judged).sum();
  }

  int groupSharesJudged() {
    return ownGroups.judged() + peerGroups.judged();
  }

  /** Inside a group nobody goes before somebody more urgent who could go. */
  private void checkOrder(Map<Long, State> states) {
    Map<Place, State> leastUrgent = new HashMap<>();
    Map<Place, State> leastUrgentFresh = new HashMap<>();
    for (Sent sent : batch) {
      State state = states.get(sent.id);
      if (state == null) {
        continue; // it is over: what was it then?
      }
      State before = leastUrgent.get(state.place());
      if (before != null && before.urgency > state.urgency) {
        throw violation(before, state, "is sent before");
      }
      leastUrgent.put(state.place(), state);
      if (sent.end > highest.getOrDefault(sent.id, 0L)) {
        leastUrgentFresh.put(state.place(), state);
      }
    }
    for (State waiting : states.values()) {
      // New data took credit of the connection's, which another's new data could have had.
      State sent = leastUrgentFresh.get(waiting.place());
      if (waiting.isWaiting && sent != null && sent.id != waiting.id) {
        urgenciesJudged++;
        if (sent.urgency > waiting.urgency) {
          throw violation(sent, waiting, "is sent although there is more of");
        }
      }
    }
  }

  private static Violation violation(State less, State more, String what) {
    return new Violation(SchedulingInvariant.class, less + " " + what + " " + more);
  }

  private void countShares(Map<Long, State> states, boolean hasCredit) {
    Map<Rank, List<Shares.Waiting<Long>>> waitingEquals = new LinkedHashMap<>();
    equals.keySet().forEach(rank -> waitingEquals.put(rank, new ArrayList<>()));
    Map<Long, Shares.Waiting<Long>> own = new LinkedHashMap<>();
    Map<Long, Shares.Waiting<Long>> peers = new LinkedHashMap<>();
    for (State state : states.values()) {
      if (!state.isWaiting || !hasCredit) {
        continue;
      }
      int weight = state.ownGroup == NO_GROUP ? 1 : state.ownWeight;
      own.put(state.ownGroup, new Shares.Waiting<>(state.ownGroup, weight));
      if (state.ownGroup == NO_GROUP) {
        peers.put(state.peerGroup, new Shares.Waiting<>(state.peerGroup, 1));
      }
      if (state.incremental && judgesEquals) {
        waitingEquals
            .computeIfAbsent(rank(state), _ -> new ArrayList<>())
            .add(new Shares.Waiting<>(state.id, 1));
      }
    }
    for (Sent sent : batch) {
      State state = states.get(sent.id);
      if (state != null) {
        count(state, sent.length);
      }
    }
    ownGroups.onSent(NO_GROUP, datagramBytes);
    peerGroups.onSent(NO_GROUP, datagramBytes);
    ownGroups.onWaiting(own.values());
    peerGroups.onWaiting(peers.values());
    waitingEquals.forEach((rank, waiting) -> sharesOf(rank).onWaiting(waiting));
  }

  private void count(State state, int length) {
    ownGroups.onSent(state.ownGroup, length);
    if (state.ownGroup == NO_GROUP) {
      peerGroups.onSent(state.peerGroup, length);
    }
    if (state.incremental && judgesEquals) {
      sharesOf(rank(state)).onSent(state.id, length);
    }
  }

  private static Rank rank(State state) {
    return new Rank(state.place(), state.urgency);
  }

  private Shares<Long> sharesOf(Rank rank) {
    return equals.computeIfAbsent(
        rank, _ -> new Shares<>("equals of urgency " + rank.urgency, 0, streamToleranceBytes));
  }
}
