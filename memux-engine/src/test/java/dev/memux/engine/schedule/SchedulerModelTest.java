package dev.memux.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random histories: the scheduler decides, and remembers, exactly as the reference does. */
class SchedulerModelTest {
  private static final int SEEDS = Integer.getInteger("memux.schedule.seeds", 100);
  private static final int OPERATIONS = 400;

  @ParameterizedTest(name = "catch-up {0}, floor {1}")
  @CsvSource({
    "65536, false",
    "65536, true",
    "3000, true",
    "0, false",
    "9223372036854775806, false",
    "9223372036854775807, false",
    "9223372036854775807, true"
  })
  void decidesAsTheReferenceDoes(long catchUpBytes, boolean floor) {
    SchedulerConfig config = new SchedulerConfig(catchUpBytes, floor);
    for (long seed = 0; seed < SEEDS; seed++) {
      History history = new History(config, seed);
      try {
        for (int i = 0; i < OPERATIONS; i++) {
          history.step();
        }
      } catch (RuntimeException | AssertionError e) {
        fail(config + ", seed " + seed + ", after " + history.log, e);
      }
    }
  }

  /** One scheduler and its reference, living through the same. */
  private static final class History {
    private final List<String> log = new ArrayList<>();
    private final SplittableRandom random;
    private final Scheduler<ReferenceScheduler.Stream> scheduler;
    private final ReferenceScheduler reference;
    private final List<Entry<ReferenceScheduler.Stream>> entries = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();

    /** Few urgencies make long rivalries, many make short ones. */
    private final int urgencies;

    /** Some histories are about few streams and a lot of moving between groups. */
    private final int mostStreams;

    private final boolean groupsChangeOften;

    /** Whether packets leave together. */
    private final boolean batches;

    private long teamsMade;

    History(SchedulerConfig config, long seed) {
      random = new SplittableRandom(seed);
      scheduler = new Scheduler<>(config);
      reference = new ReferenceScheduler(config);
      batches = random.nextBoolean();
      urgencies = 1 + random.nextInt(batches ? 3 : 9);
      mostStreams = 3 + random.nextInt(batches ? 60 : 28);
      groupsChangeOften = random.nextBoolean();
      groups.add(scheduler.defaultGroup());
      teamsMade++; // the root, in the scheduler
      reference.teams.add(new ReferenceScheduler.Team(teamsMade++, 1));
    }

    void step() {
      int kind = groupsChangeOften ? 30 + random.nextInt(40) : random.nextInt(100);
      if (entries.size() < mostStreams && (kind < 10 || random.nextInt(20) == 0)) {
        add();
      } else if (kind < 14) {
        remove();
      } else if (kind < 35) {
        update();
      } else if (kind < 45) {
        prioritize();
      } else if (kind < 48) {
        move();
      } else if (kind < 52) {
        changeGroups();
      } else {
        serve();
      }
      compare();
    }

    private void add() {
      Priority priority = priority();
      int group = anyOfStreams();
      long id = freeId();
      ReferenceScheduler.Team team = reference.teams.get(group);
      ReferenceScheduler.Stream stream =
          new ReferenceScheduler.Stream(id, team, priority.urgency(), priority.incremental());
      reference.streams.add(stream);
      entries.add(scheduler.add(id, stream, priority, groups.get(group)));
      log.add("add " + id + " " + priority + " to " + group);
    }

    /** Lower than others at times, as an old stream that speaks again is. */
    private long freeId() {
      while (true) {
        long id = random.nextInt(1000);
        if (entries.stream().noneMatch(e -> e.id() == id)) {
          return id;
        }
      }
    }

    private void remove() {
      Entry<ReferenceScheduler.Stream> entry = anyEntry();
      if (entry != null) {
        log.add("remove " + entry);
        reference.remove(entry.stream());
        entries.remove(entry);
        scheduler.remove(entry);
      }
    }

    private void update() {
      Entry<ReferenceScheduler.Stream> entry = anyEntry();
      if (entry != null) {
        boolean lost = random.nextInt(4) == 0;
        boolean fresh = random.nextInt(3) > 0;
        log.add("update " + entry + " " + lost + " " + fresh);
        reference.update(entry.stream(), lost, fresh);
        scheduler.update(entry, lost, fresh);
      }
    }

    private void prioritize() {
      Entry<ReferenceScheduler.Stream> entry = anyEntry();
      if (entry != null) {
        Priority priority = priority();
        log.add("prioritize " + entry + " " + priority);
        ReferenceScheduler.Stream stream = entry.stream();
        reference.relocate(stream, stream.team, priority.urgency(), priority.incremental());
        scheduler.prioritize(entry, priority);
      }
    }

    private void move() {
      Entry<ReferenceScheduler.Stream> entry = anyEntry();
      if (entry != null) {
        int group = anyOfStreams();
        log.add("move " + entry + " to " + group);
        ReferenceScheduler.Stream stream = entry.stream();
        ReferenceScheduler.Team team = reference.teams.get(group);
        reference.relocate(stream, team, stream.urgency, stream.incremental);
        scheduler.move(entry, groups.get(group));
      }
    }

    private void changeGroups() {
      int index = random.nextInt(groups.size());
      Group group = groups.get(index);
      ReferenceScheduler.Team team = reference.teams.get(index);
      switch (random.nextInt(5)) {
        case 0 -> {
          if (groups.size() < 8) {
            addGroup(group, team);
          }
        }
        case 4 -> {
          if (!team.divided && groups.size() < 6) {
            log.add("divide " + index);
            ReferenceScheduler.Team whole = new ReferenceScheduler.Team(teamsMade++, team.weight);
            reference.teams.add(whole);
            reference.divide(team, whole);
            groups.add(scheduler.divide(group));
          }
        }
        case 1 -> {
          if (index > 0 && group.memberCount() == 0) { // a whole keeps the one it was made of
            log.add("removeGroup " + index);
            scheduler.removeGroup(group);
            groups.remove(index);
            reference.teams.remove(index);
          }
        }
        case 2 -> {
          int weight = 1 + random.nextInt(Group.MAX_WEIGHT);
          log.add("weigh " + index + " " + weight);
          reference.weigh(team, weight);
          scheduler.weigh(group, weight);
        }
        case 3 -> {
          int urgency = random.nextInt(8) == 0 ? random.nextInt(9) - 1 : 2 + random.nextInt(2);
          log.add("prioritize group " + index + " " + urgency);
          reference.relocate(team, urgency);
          scheduler.prioritize(group, urgency);
        }
        default -> throw new AssertionError();
      }
    }

    private void addGroup(Group within, ReferenceScheduler.Team whole) {
      int weight = 1 + random.nextInt(20);
      log.add("addGroup " + weight + " to " + within);
      ReferenceScheduler.Team part = new ReferenceScheduler.Team(teamsMade++, weight);
      part.whole = whole.divided ? whole : null;
      reference.teams.add(part);
      groups.add(whole.divided ? scheduler.addGroup(weight, within) : scheduler.addGroup(weight));
    }

    private int anyOfStreams() {
      while (true) {
        int group = random.nextInt(groups.size());
        if (!reference.teams.get(group).divided) {
          return group;
        }
      }
    }

    private void serve() {
      if (batches && random.nextInt(5) == 0) {
        int turnBytes = random.nextInt(4) == 0 ? 0 : random.nextInt(60_000);
        log.add("beginBatch " + turnBytes);
        reference.beginBatch(turnBytes);
        scheduler.beginBatch(turnBytes);
      }
      reference.beginPacket();
      scheduler.beginPacket();
      boolean onlyLost = random.nextInt(4) == 0;
      for (int chunks = 1 + random.nextInt(2); chunks > 0; chunks--) {
        Entry<ReferenceScheduler.Stream> entry = scheduler.next(onlyLost);
        if (entry == null) {
          return;
        }
        int bytes = random.nextInt(8) == 0 ? 0 : random.nextInt(20_000);
        log.add("serve " + entry + " " + bytes);
        if (random.nextInt(10) == 0) {
          Priority priority = priority();
          log.add("but first prioritize " + priority);
          ReferenceScheduler.Stream stream = entry.stream();
          reference.relocate(stream, stream.team, priority.urgency(), priority.incremental());
          scheduler.prioritize(entry, priority);
        }
        reference.charge(entry.stream(), bytes);
        scheduler.charge(entry, bytes);
        compare();
      }
    }

    private void compare() {
      assertEquals(reference.next(false), stream(scheduler.next(false)), "next");
      assertEquals(reference.next(true), stream(scheduler.next(true)), "next lost");
      assertEquals(reference.next(false) != null, scheduler.hasEligible(false));
      assertEquals(reference.next(true) != null, scheduler.hasEligible(true));
      for (Entry<ReferenceScheduler.Stream> entry : entries) {
        assertEquals(entry.stream().own.key, entry.key, entry::toString);
      }
      for (int i = 0; i < groups.size(); i++) {
        assertEquals(reference.teams.get(i).own.key, groups.get(i).key, groups.get(i)::toString);
      }
    }

    private Priority priority() {
      return new Priority(random.nextInt(urgencies) - 1, random.nextBoolean());
    }

    private @Nullable Entry<ReferenceScheduler.Stream> anyEntry() {
      return entries.isEmpty() ? null : entries.get(random.nextInt(entries.size()));
    }

    private static ReferenceScheduler.@Nullable Stream stream(
        @Nullable Entry<ReferenceScheduler.Stream> entry) {
      return entry == null ? null : entry.stream();
    }
  }
}
