package dev.memux.engine.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Decides which stream sends next. A decision is taken as late as the caller can ask for it, and
 * holds only until anything changes.
 *
 * <h2>The model</h2>
 *
 * <p>A tree: connection → groups → urgencies → participants.
 *
 * <ul>
 *   <li><b>Eligible</b> is a stream with lost data to send again, or with new data or a FIN that
 *       stream credit allows. While connection credit is exhausted the caller asks for {@code
 *       onlyLost}; streams that wait for that credit keep their places, and cost nothing.
 *   <li><b>Strictly by urgency</b>, first among groups (all equal unless local policy says
 *       otherwise), then inside the group. The critical class stands above urgency 0.
 *   <li><b>Fairly among equals</b>: the participant with the smallest key goes next, ties to the
 *       lowest ID. Among the streams of one urgency each incremental one is a participant; all
 *       others together are one, served one after another by stream ID. What is inside a group, and
 *       how urgent, changes nothing about its share.
 *   <li><b>Keys</b>: sending n payload bytes, retransmissions included, adds n ÷ weight to the keys
 *       of the group and of the participant inside it. A stream weighs 1, and its own key counts
 *       what it sends as a member of a sequence too. Keys are whole units with the remainder
 *       carried along: exact, however many bytes are sent.
 *   <li><b>Virtual time V</b> of each urgency, of groups and inside each group: the least eligible
 *       key, never falling, kept while nobody is eligible. Whoever becomes eligible gets key =
 *       max(own key, V − catch-up). The own key remembers what was used, so that a short response
 *       overtakes a long one, once, and a stream that comes and goes earns nothing. Groups catch up
 *       on nothing.
 *   <li><b>Changes</b> of urgency, weight or group keep key − V. With unbounded catch-up a key is
 *       the bytes a stream has sent, wherever it goes. From incremental to sequential a stream's
 *       key goes on as it was but orders nothing; on the way back it enters as whoever becomes
 *       eligible does.
 *   <li><b>The floor</b>, if on: wherever urgency decides, one packet in 32 goes to the next lower
 *       urgency that is eligible.
 * </ul>
 *
 * <p>A decision takes constant time; {@link #update}, {@link #charge}, {@link #prioritize} and
 * {@link #move} take O(log n) among n eligible and allocate nothing, except to grow to a number of
 * streams never reached before.
 *
 * <h2>Use</h2>
 *
 * <p>For each packet: {@link #beginPacket}, then, while there is room, {@link #next}, send, {@link
 * #charge}, {@link #update}, in this order. Everything else may be called at any time in between.
 * One thread at a time.
 *
 * <p>A stream that was removed throws {@link IllegalStateException}; a group that was removed or
 * belongs to another scheduler, {@link IllegalArgumentException}.
 *
 * @param <S> what is scheduled
 */
public final class Scheduler<S> {
  /** Groups catch up on nothing: a group that was silent was not deprived of its share. */
  private static final long GROUP_CATCH_UP_BYTES = 0;

  private final SchedulerConfig config;
  private final Urgencies<Group> groups;
  private final Group defaultGroup;
  private long groupsMade;
  private long packet;

  /** A scheduler with the default group and no streams. */
  public Scheduler(SchedulerConfig config) {
    this.config = config;
    groups = new Urgencies<>(GROUP_CATCH_UP_BYTES, config.floor());
    defaultGroup = addGroup(1);
  }

  /** The group that is always there; of weight 1 at first. */
  public Group defaultGroup() {
    return defaultGroup;
  }

  /**
   * Adds a group, at the default urgency.
   *
   * @param weight from 1 to {@link Group#MAX_WEIGHT}
   */
  public Group addGroup(int weight) {
    return new Group(this, groupsMade++, weight, config);
  }

  /**
   * Removes a group.
   *
   * @throws IllegalStateException if it has streams, or is the default group
   */
  public void removeGroup(Group group) {
    requireOwn(group);
    if (group == defaultGroup || group.streamCount > 0) {
      throw new IllegalStateException(group + " with " + group.streamCount + " streams");
    }
    group.removed = true;
  }

  /**
   * Changes what a group gets from now on.
   *
   * @param weight from 1 to {@link Group#MAX_WEIGHT}
   */
  public void weigh(Group group, int weight) {
    requireOwn(group);
    group.weigh(weight);
  }

  /**
   * Puts a group, strictly, before or behind other groups. For local policy: a peer that could name
   * this urgency would take other users' shares.
   *
   * @param urgency as of a {@link Priority}
   */
  public void prioritize(Group group, int urgency) {
    requireOwn(group);
    Priority.requireUrgency(urgency);
    int before = group.urgency;
    if (urgency == before) {
      return;
    }
    long lead = group.key - groups.origin(before);
    groups.place(group, before, false, false);
    group.urgency = urgency;
    group.key = groups.origin(urgency) + lead;
    place(group);
    groups.settle(before);
    groups.settle(urgency);
  }

  /**
   * Adds a stream, not eligible yet.
   *
   * @param id the stream ID, unlike every other here; for what is no stream, such as the datagrams
   *     of a connection, any number that no stream can have
   */
  public Entry<S> add(long id, S stream, Priority priority, Group group) {
    requireOwn(group);
    group.streamCount++;
    return new Entry<>(id, stream, priority, group);
  }

  /** Removes a stream, at any time and whatever its state. */
  public void remove(Entry<S> entry) {
    update(entry, false, false);
    entry.removed = true;
    entry.group.streamCount--;
  }

  /**
   * Says what a stream could send now; repeating it changes nothing.
   *
   * @param lost data to send again, or anything else that needs no connection credit
   * @param fresh new data or a FIN, with stream credit
   */
  public void update(Entry<S> entry, boolean lost, boolean fresh) {
    requirePresent(entry);
    boolean ready = lost || fresh;
    if (ready == entry.isReady() && lost == entry.hasLost()) {
      return;
    }
    entry.group.place(entry, ready, lost);
    place(entry.group);
    entry.group.settle(entry.priority.urgency());
    groups.settle(entry.group.urgency);
  }

  /** Changes a stream's priority, at any time. */
  public void prioritize(Entry<S> entry, Priority priority) {
    requirePresent(entry);
    if (!priority.equals(entry.priority)) {
      relocate(entry, priority, entry.group);
    }
  }

  /** Moves a stream to another group, at any time. */
  public void move(Entry<S> entry, Group group) {
    requirePresent(entry);
    requireOwn(group);
    if (group != entry.group) {
      relocate(entry, entry.priority, group);
    }
  }

  /** To be called when a packet (a record, a write of HTTP/2) begins: the floor counts them. */
  public void beginPacket() {
    packet++;
  }

  /**
   * Who is served next. Changes nothing.
   *
   * @param onlyLost connection credit is exhausted
   * @return null if nobody is eligible
   */
  @SuppressWarnings("unchecked") // only add() makes entries
  public @Nullable Entry<S> next(boolean onlyLost) {
    if (!hasEligible(onlyLost)) {
      return null;
    }
    return (Entry<S>) groups.first(onlyLost, packet).served(onlyLost, packet);
  }

  /** Whether anybody is. */
  public boolean hasEligible(boolean onlyLost) {
    return onlyLost ? groups.hasLost() : groups.isReady();
  }

  /**
   * Counts what a stream has sent. To be called before {@link #update} says what is left, so that
   * virtual time moves on with the last bytes too.
   */
  public void charge(Entry<S> entry, int payloadBytes) {
    requirePresent(entry);
    if (payloadBytes < 0) {
      throw new IllegalArgumentException("payloadBytes " + payloadBytes);
    }
    Group group = entry.group;
    group.charge(entry, payloadBytes, packet);
    groups.onKeyGrown(group, group.urgency);
    groups.onServed(packet);
    groups.settle(group.urgency);
  }

  private void relocate(Entry<S> entry, Priority priority, Group group) {
    Group groupBefore = entry.group;
    int urgencyBefore = entry.priority.urgency();
    boolean ready = entry.isReady();
    boolean lost = entry.hasLost();
    long lead = entry.key - groupBefore.origin(urgencyBefore);

    groupBefore.place(entry, false, false);
    groupBefore.streamCount--;
    entry.group = group;
    entry.priority = priority;
    entry.key = group.origin(priority.urgency()) + lead;
    group.streamCount++;
    group.place(entry, ready, lost);

    place(groupBefore);
    place(group);
    groupBefore.settle(urgencyBefore);
    group.settle(priority.urgency());
    groups.settle(groupBefore.urgency);
    groups.settle(group.urgency);
  }

  private void place(Group group) {
    groups.place(group, group.urgency, group.hasReadyStream(), group.hasLostStream());
  }

  private void requireOwn(Group group) {
    if (group.scheduler != this || group.removed) {
      throw new IllegalArgumentException(group + " is not in this scheduler");
    }
  }

  private static void requirePresent(Entry<?> entry) {
    if (entry.removed) {
      throw new IllegalStateException(entry + " was removed");
    }
  }
}
