package dev.memux.engine.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Decides which stream sends next. A decision is taken as late as the caller can ask for it, and
 * holds only until anything changes.
 *
 * <h2>The model</h2>
 *
 * <p>A tree: connection → groups → urgencies → participants. A group can be divided among groups in
 * turn, each level sharing what the one above gets.
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
 *   <li><b>Turns</b>: packets that leave together can as well be one stream's, which costs both
 *       ends less where {@link #TURN_TAKERS} or more share. Inside a batch ({@link #beginBatch}) an
 *       incremental stream therefore goes on while nobody has a smaller key, and only at the end of
 *       its turn what it has sent is added to its key. Whoever becomes eligible with a smaller one
 *       does not wait for that.
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
 * <p>For each packet, after {@link #beginBatch} or without it: {@link #beginPacket}, then, while
 * there is room, {@link #next}, send, {@link #charge}, {@link #update}, in this order. Everything
 * else may be called at any time in between. One thread at a time.
 *
 * <p>A stream that was removed throws {@link IllegalStateException}; a group that was removed or
 * belongs to another scheduler, {@link IllegalArgumentException}.
 *
 * @param <S> what is scheduled
 */
public final class Scheduler<S> {
  /** Of fewer equals each has enough in a batch that is shared packet by packet. */
  public static final int TURN_TAKERS = 16;

  private final SchedulerConfig config;

  /** What all groups are members of, at some depth. */
  private final Group root;

  private final Group defaultGroup;
  private long groupsMade;
  private long packet;

  /** How much a stream may send in its turn; 0: there are none. */
  private int turnBytes;

  /** Whose turn it is. */
  private @Nullable Entry<?> inTurn;

  /** What it has sent in its turn. */
  private int sentInTurn;

  /** A scheduler with the default group and no streams. */
  public Scheduler(SchedulerConfig config) {
    this.config = config;
    root = Group.ofGroups(this, groupsMade++, 1, config);
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
    return addGroup(weight, root);
  }

  /**
   * Adds a group inside another one, at the default urgency: it gets its part of what that gets.
   *
   * @param weight from 1 to {@link Group#MAX_WEIGHT}
   * @param whole what {@link #divide} has returned
   */
  public Group addGroup(int weight, Group whole) {
    requireOwn(whole);
    if (!whole.isOfGroups()) {
      throw new IllegalArgumentException(whole + " is not divided");
    }
    Group group = new Group(this, groupsMade++, weight, config);
    group.parent = whole;
    whole.memberCount++;
    return group;
  }

  /**
   * Has a group share with others what it gets: it becomes a part, of weight 1, of a whole that has
   * the weight and the urgency that it had, and whose other parts {@link #addGroup(int, Group)}
   * adds. However many they are, nobody outside of it gets less.
   *
   * @return the whole; it takes no streams itself
   */
  public Group divide(Group group) {
    requireOwn(group);
    Group parent = parent(group);
    parent.members.place(group, group.urgency, false, false);
    Group whole = Group.ofGroups(this, groupsMade++, group.weight(), config);
    whole.replace(group);
    whole.memberCount = 1;
    place(group);
    settle(group);
    return whole;
  }

  /**
   * Removes a group.
   *
   * @throws IllegalStateException if it has members, or is the default group
   */
  public void removeGroup(Group group) {
    requireOwn(group);
    if (group == defaultGroup || group.memberCount > 0) {
      throw new IllegalStateException(group + " with " + group.memberCount + " members");
    }
    parent(group).memberCount--;
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
    Group parent = parent(group);
    long lead = group.key - parent.origin(before);
    parent.members.place(group, before, false, false);
    group.urgency = urgency;
    group.key = parent.origin(urgency) + lead;
    place(group);
    parent.settle(before);
    settle(group);
  }

  /**
   * Adds a stream, not eligible yet.
   *
   * @param id the stream ID, unlike every other here; for what is no stream, such as the datagrams
   *     of a connection, any number that no stream can have
   */
  public Entry<S> add(long id, S stream, Priority priority, Group group) {
    requireOfStreams(group);
    group.memberCount++;
    return new Entry<>(id, stream, priority, group);
  }

  /** Removes a stream, at any time and whatever its state. */
  public void remove(Entry<S> entry) {
    update(entry, false, false);
    entry.removed = true;
    entry.group.memberCount--;
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
    if (entry == inTurn) {
      endTurn();
    }
    entry.group.place(entry, ready, lost);
    place(entry.group);
    entry.group.settle(entry.priority.urgency());
    settle(entry.group);
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
    requireOfStreams(group);
    if (group != entry.group) {
      relocate(entry, entry.priority, group);
    }
  }

  /**
   * To be called when packets begin that are to leave together; nobody's turn outlasts them.
   *
   * @param bytes how long a turn is; 0: each packet is shared anew
   */
  public void beginBatch(int bytes) {
    endTurn();
    turnBytes = bytes;
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
    return (Entry<S>) root.served(onlyLost, packet);
  }

  /** Whether anybody is. */
  public boolean hasEligible(boolean onlyLost) {
    return onlyLost ? root.members.hasLost() : root.members.isReady();
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
    if (entry != inTurn) {
      endTurn();
    }
    Group group = entry.group;
    group.members.onServed(packet);
    if (takesTurns(entry)) {
      inTurn = entry;
      sentInTurn += payloadBytes;
      if (sentInTurn >= turnBytes) {
        endTurn();
      }
    } else {
      endTurn();
      group.charge(entry, payloadBytes);
    }
    for (Group whole = group.parent; whole != null; whole = group.parent) {
      group.charge(payloadBytes);
      whole.members.onKeyGrown(group, group.urgency);
      whole.members.onServed(packet);
      whole.settle(group.urgency);
      group = whole;
    }
  }

  private boolean takesTurns(Entry<S> entry) {
    return turnBytes > 0
        && entry.priority.incremental()
        && entry.group.members.readyCount(entry.priority.urgency()) >= TURN_TAKERS;
  }

  private void endTurn() {
    Entry<?> entry = inTurn;
    if (entry != null) {
      inTurn = null;
      entry.group.charge(entry, sentInTurn);
      sentInTurn = 0;
    }
  }

  private void relocate(Entry<S> entry, Priority priority, Group group) {
    if (entry == inTurn) {
      endTurn();
    }
    Group groupBefore = entry.group;
    int urgencyBefore = entry.priority.urgency();
    boolean ready = entry.isReady();
    boolean lost = entry.hasLost();
    long lead = entry.key - groupBefore.origin(urgencyBefore);

    groupBefore.place(entry, false, false);
    groupBefore.memberCount--;
    entry.group = group;
    entry.priority = priority;
    entry.key = group.origin(priority.urgency()) + lead;
    group.memberCount++;
    group.place(entry, ready, lost);

    place(groupBefore);
    place(group);
    groupBefore.settle(urgencyBefore);
    group.settle(priority.urgency());
    settle(groupBefore);
    settle(group);
  }

  /** Puts a group, and those that it is part of, where its members belong. */
  private static void place(Group changed) {
    Group group = changed;
    for (Group whole = group.parent; whole != null; whole = group.parent) {
      whole.members.place(group, group.urgency, group.members.isReady(), group.members.hasLost());
      group = whole;
    }
  }

  private static void settle(Group changed) {
    Group group = changed;
    for (Group whole = group.parent; whole != null; whole = group.parent) {
      whole.settle(group.urgency);
      group = whole;
    }
  }

  private static Group parent(Group group) {
    Group parent = group.parent;
    if (parent == null) {
      throw new IllegalStateException("the root");
    }
    return parent;
  }

  private void requireOwn(Group group) {
    if (group.scheduler != this || group.removed) {
      throw new IllegalArgumentException(group + " is not in this scheduler");
    }
  }

  private void requireOfStreams(Group group) {
    requireOwn(group);
    if (group.isOfGroups()) {
      throw new IllegalArgumentException(group + " takes groups, no streams");
    }
  }

  private static void requirePresent(Entry<?> entry) {
    if (entry.removed) {
      throw new IllegalStateException(entry + " was removed");
    }
  }
}
