package dev.memux.engine.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The model of {@link Scheduler} written down without a thought for cost: everything is a list that
 * is searched. After each operation it compares who was eligible with who is, gives newcomers their
 * keys, and moves every virtual time.
 */
final class ReferenceScheduler {
  /** A stream, or the sequence of all others of an urgency. */
  static final class Taker {
    final long id;
    long key;

    Taker(long id) {
      this.id = id;
    }
  }

  static final class Stream {
    final Taker own;
    Team team;
    int urgency;
    boolean incremental;
    boolean lost;
    boolean fresh;

    Stream(long id, Team team, int urgency, boolean incremental) {
      own = new Taker(id);
      this.team = team;
      this.urgency = urgency;
      this.incremental = incremental;
    }

    boolean eligible(boolean onlyLost) {
      return lost || (fresh && !onlyLost);
    }
  }

  /** A group. */
  static final class Team {
    final Taker own;
    final Map<Integer, Taker> sequences = new HashMap<>();
    final Map<Integer, Long> virtualTimes = new HashMap<>();
    final Counter floor = new Counter();
    long weight;
    long remainder;
    int urgency = 3;

    /** What it is part of; null: of the connection. */
    @Nullable Team whole;

    /** Whether teams are part of it, and not streams. */
    boolean divided;

    Team(long id, long weight) {
      own = new Taker(id);
      this.weight = weight;
    }

    boolean isIn(@Nullable Team other) {
      for (Team team = this; team != null; team = team.whole) {
        if (team == other) {
          return true;
        }
      }
      return other == null;
    }

    Taker sequence(int urgency) {
      return sequences.computeIfAbsent(urgency, u -> new Taker(Long.MIN_VALUE));
    }
  }

  /** The packets in which something was served from here. */
  static final class Counter {
    final Set<Long> packets = new HashSet<>();

    boolean isFloor(long packet) {
      int position = packets.contains(packet) ? packets.size() : packets.size() + 1;
      return position % 32 == 0;
    }
  }

  /** A place at a level; to have one is to be eligible. */
  record Place(@Nullable Team team, int urgency, Taker taker) {}

  private static final Comparator<Taker> SMALLEST_KEY =
      Comparator.<Taker>comparingLong(t -> t.key).thenComparingLong(t -> t.id);

  final List<Stream> streams = new ArrayList<>();
  final List<Team> teams = new ArrayList<>();
  private final SchedulerConfig config;
  private final Map<Integer, Long> virtualTimes = new HashMap<>();
  private final Counter floor = new Counter();
  private long packet;
  private int turnBytes;
  private @Nullable Stream inTurn;
  private int sentInTurn;

  ReferenceScheduler(SchedulerConfig config) {
    this.config = config;
  }

  void operate(Runnable operation) {
    Set<Place> before = places();
    operation.run();
    Set<Place> after = places();
    for (Place place : after) {
      if (!before.contains(place)) {
        enter(place);
      }
    }
    for (Place place : after) {
      long least = Long.MAX_VALUE;
      for (Place other : after) {
        if (other.team == place.team && other.urgency == place.urgency) {
          least = Math.min(least, other.taker.key);
        }
      }
      long time = Math.max(time(place.team, place.urgency), least);
      times(place.team).put(place.urgency, time);
    }
  }

  void beginBatch(int bytes) {
    endTurn();
    turnBytes = bytes;
  }

  void beginPacket() {
    packet++;
  }

  private void endTurn() {
    Stream stream = inTurn;
    if (stream != null) {
      operate(() -> stream.own.key += sentInTurn);
      inTurn = null;
      sentInTurn = 0;
    }
  }

  private void endTurn(Stream stream, boolean changes) {
    if (stream == inTurn && changes) {
      endTurn();
    }
  }

  private boolean takesTurns(Stream stream) {
    Set<Taker> equals = new HashSet<>();
    for (Stream other : streams) {
      if (other.eligible(false) && other.team == stream.team && other.urgency == stream.urgency) {
        equals.add(taker(other));
      }
    }
    return turnBytes > 0 && stream.incremental && equals.size() >= Scheduler.TURN_TAKERS;
  }

  void remove(Stream stream) {
    endTurn(stream, true);
    operate(() -> streams.remove(stream));
  }

  void update(Stream stream, boolean lost, boolean fresh) {
    endTurn(stream, lost != stream.lost || (lost || fresh) != stream.eligible(false));
    operate(
        () -> {
          stream.lost = lost;
          stream.fresh = fresh;
        });
  }

  void relocate(Stream stream, Team team, int urgency, boolean incremental) {
    boolean reorders = urgency != stream.urgency || incremental != stream.incremental;
    endTurn(stream, team != stream.team || reorders);
    operate(
        () -> {
          if (config.catchUpBytes() != SchedulerConfig.UNBOUNDED) {
            long lead = stream.own.key - time(stream.team, stream.urgency);
            stream.own.key = time(team, urgency) + lead;
          }
          stream.team = team;
          stream.urgency = urgency;
          stream.incremental = incremental;
        });
  }

  void relocate(Team team, int urgency) {
    operate(
        () -> {
          team.own.key += time(team.whole, urgency) - time(team.whole, team.urgency);
          team.urgency = urgency;
        });
  }

  /** The team becomes part of another one, which takes its place. */
  void divide(Team team, Team whole) {
    operate(
        () -> {
          whole.divided = true;
          whole.whole = team.whole;
          whole.urgency = team.urgency;
          whole.own.key = team.own.key;
          whole.remainder = team.remainder;
          team.whole = whole;
          team.weight = 1;
          team.urgency = 3;
          team.own.key = 0;
          team.remainder = 0;
        });
  }

  void weigh(Team team, long weight) {
    team.remainder = team.remainder * weight / team.weight;
    team.weight = weight;
  }

  void charge(Stream stream, int bytes) {
    if (stream != inTurn) {
      endTurn();
    }
    boolean takesTurns = takesTurns(stream);
    if (!takesTurns) {
      endTurn();
    }
    operate(
        () -> {
          if (!takesTurns) {
            stream.own.key += bytes;
          }
          if (!stream.incremental) {
            stream.team.sequence(stream.urgency).key += bytes;
          }
          for (Team team = stream.team; team != null; team = team.whole) {
            team.own.key += (team.remainder + bytes) / team.weight;
            team.remainder = (team.remainder + bytes) % team.weight;
            team.floor.packets.add(packet);
          }
          floor.packets.add(packet);
        });
    if (takesTurns) {
      inTurn = stream;
      sentInTurn += bytes;
      endTurn(stream, sentInTurn >= turnBytes);
    }
  }

  @Nullable Stream next(boolean onlyLost) {
    List<Stream> eligible = streams.stream().filter(s -> s.eligible(onlyLost)).toList();
    if (eligible.isEmpty()) {
      return null;
    }
    Team team = null;
    do {
      team = nextIn(team, eligible);
    } while (team.divided);
    Team chosen = team;
    List<Stream> inTeam = eligible.stream().filter(s -> s.team == chosen).toList();
    int urgency = choose(inTeam.stream().map(s -> s.urgency).toList(), team.floor);
    Predicate<Stream> atUrgency = s -> s.urgency == urgency;
    Taker turn = inTeam.stream().filter(atUrgency).map(this::taker).min(SMALLEST_KEY).orElseThrow();
    return inTeam.stream()
        .filter(atUrgency)
        .filter(s -> taker(s) == turn)
        .min(Comparator.comparingLong(s -> s.own.id))
        .orElseThrow();
  }

  /** The next of the teams that are part of {@code whole}; null: of the connection. */
  private Team nextIn(@Nullable Team whole, List<Stream> eligible) {
    List<Team> inTurn =
        teams.stream()
            .filter(t -> t.whole == whole)
            .filter(t -> eligible.stream().anyMatch(s -> s.team.isIn(t)))
            .toList();
    Counter counter = whole == null ? floor : whole.floor;
    int urgency = choose(inTurn.stream().map(t -> t.urgency).toList(), counter);
    return inTurn.stream()
        .filter(t -> t.urgency == urgency)
        .min(Comparator.comparing(t -> t.own, SMALLEST_KEY))
        .orElseThrow();
  }

  private int choose(List<Integer> urgencies, Counter counter) {
    List<Integer> sorted = urgencies.stream().distinct().sorted().toList();
    boolean lower = config.floor() && counter.isFloor(packet);
    boolean critical = sorted.getFirst() == Priority.CRITICAL_URGENCY;
    return lower && !critical && sorted.size() > 1 ? sorted.get(1) : sorted.getFirst();
  }

  private Taker taker(Stream stream) {
    return stream.incremental ? stream.own : stream.team.sequence(stream.urgency);
  }

  private Set<Place> places() {
    Set<Place> places = new HashSet<>();
    for (Stream stream : streams) {
      if (stream.eligible(false)) {
        places.add(new Place(stream.team, stream.urgency, taker(stream)));
        for (Team team = stream.team; team != null; team = team.whole) {
          places.add(new Place(team.whole, team.urgency, team.own));
        }
      }
    }
    return places;
  }

  private void enter(Place place) {
    boolean ofTeams = place.team == null || place.team.divided;
    long catchUp = ofTeams ? 0 : config.catchUpBytes();
    if (catchUp != SchedulerConfig.UNBOUNDED) {
      long earliest = time(place.team, place.urgency) - catchUp;
      place.taker.key = Math.max(place.taker.key, earliest);
    }
  }

  private long time(@Nullable Team team, int urgency) {
    return Objects.requireNonNull(times(team).getOrDefault(urgency, 0L));
  }

  private Map<Integer, Long> times(@Nullable Team team) {
    return team == null ? virtualTimes : team.virtualTimes;
  }
}
