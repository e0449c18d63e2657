package dev.memux.engine.mux;

import dev.memux.engine.schedule.Group;
import dev.memux.engine.schedule.Scheduler;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The groups that a peer names. They, and its streams of no group, share equally what otherwise the
 * streams of no group would get: however many a peer names, groups that this end has made keep
 * their part.
 */
final class PeerGroups {
  /** So many at once, for each costs as much as a few streams; what is beyond is of no group. */
  static final int MAX_GROUPS = 1024;

  private static final int WEIGHT = 1;

  private final Scheduler<Sender> scheduler;
  private final Map<Long, Group> groups = new HashMap<>();

  /** What the peer's groups divide, and the default group with them; null: there were none yet. */
  private @Nullable Group whole;

  PeerGroups(Scheduler<Sender> scheduler) {
    this.scheduler = scheduler;
  }

  /** Whether a stream can enter that group: it is there, or there is room for it. */
  boolean has(long id) {
    return groups.containsKey(id) || groups.size() < MAX_GROUPS;
  }

  /** The group of that ID, not 0; it is {@link #has there}. */
  Group group(long id) {
    return groups.computeIfAbsent(id, _ -> scheduler.addGroup(WEIGHT, whole()));
  }

  /** A stream has left that group. */
  void onLeft(long id) {
    Group group = groups.get(id);
    if (group != null && group.memberCount() == 0) {
      groups.remove(id);
      scheduler.removeGroup(group);
    }
  }

  int size() {
    return groups.size();
  }

  private Group whole() {
    Group divided = whole;
    if (divided == null) {
      divided = scheduler.divide(scheduler.defaultGroup());
      whole = divided;
    }
    return divided;
  }
}
