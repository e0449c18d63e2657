package dev.memux.engine.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A priority queue of participants that know their own place in it, so that any of them moves or
 * leaves without a search. Four children a node: half the depth of a binary heap. What nodes are
 * ordered by stands side by side in an array of its own, for with many participants the cost of a
 * comparison is the memory it touches.
 *
 * <p>It grows to the most participants it ever held and allocates nothing else; what thousands of
 * them needed goes when the last has left.
 */
class ParticipantHeap<P extends Participant> {
  /** What comes first. */
  enum Order {
    /** The smallest key, ties to the lowest ID. */
    KEY,
    /** The lowest ID. */
    ID
  }

  /** Which of a participant's two places this heap keeps. */
  enum Index {
    /** All that have something to send. */
    READY,
    /** Those of them that have lost data to send again. */
    LOST
  }

  private static final int ARITY = 4;

  /** Room that an empty heap keeps. */
  private static final int KEPT = 1024;

  private final boolean byKey;
  private final boolean ofReady;
  private @Nullable Participant[] nodes = {};
  private long[] ranks = {};
  private int size;

  ParticipantHeap(Order order, Index index) {
    byKey = order == Order.KEY;
    ofReady = index == Index.READY;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** The first; the heap must not be empty. */
  @SuppressWarnings("unchecked") // only add() puts anything in
  P first() {
    return (P) node(0);
  }

  void add(P participant) {
    if (size == nodes.length) {
      int capacity = Math.max(ARITY, 2 * size);
      nodes = Arrays.copyOf(nodes, capacity);
      ranks = Arrays.copyOf(ranks, capacity);
    }
    rise(participant, rank(participant), size++);
  }

  void remove(P participant) {
    int hole = slot(participant);
    Participant last = node(--size);
    nodes[size] = null;
    mark(participant, Participant.ABSENT);
    if (last != participant) {
      long rank = ranks[size];
      rise(last, rank, hole);
      sink(last, rank, slot(last));
    } else if (size == 0 && nodes.length > KEPT) {
      nodes = new Participant[KEPT];
      ranks = new long[KEPT];
    }
  }

  /** To be told when the key of a participant that is in here has grown. */
  void onKeyGrown(P participant) {
    sink(participant, rank(participant), slot(participant));
  }

  private void rise(Participant participant, long rank, int from) {
    int slot = from;
    while (slot > 0) {
      int parent = (slot - 1) / ARITY;
      if (!precedes(rank, participant, ranks[parent], node(parent))) {
        break;
      }
      put(node(parent), ranks[parent], slot);
      slot = parent;
    }
    put(participant, rank, slot);
  }

  /** {@code participant} stands at {@code from}. */
  private void sink(Participant participant, long rank, int from) {
    int slot = from;
    for (int child = ARITY * slot + 1; child < size; child = ARITY * slot + 1) {
      int least = child;
      int end = Math.min(child + ARITY, size);
      for (int i = child + 1; i < end; i++) {
        if (precedes(ranks[i], node(i), ranks[least], node(least))) {
          least = i;
        }
      }
      if (!precedes(ranks[least], node(least), rank, participant)) {
        break;
      }
      put(node(least), ranks[least], slot);
      slot = least;
    }
    if (slot == from) {
      ranks[slot] = rank; // most stay where they are, and writing references costs more
    } else {
      put(participant, rank, slot);
    }
  }

  /** Not private: a test counts the calls. */
  boolean precedes(long rankA, Participant a, long rankB, Participant b) {
    return rankA < rankB || (rankA == rankB && a.id < b.id);
  }

  private long rank(Participant participant) {
    return byKey ? participant.key : participant.id;
  }

  @SuppressWarnings("NullAway") // below size every node is there
  private Participant node(int slot) {
    return nodes[slot];
  }

  private void put(Participant participant, long rank, int slot) {
    nodes[slot] = participant;
    ranks[slot] = rank;
    mark(participant, slot);
  }

  private int slot(Participant participant) {
    return ofReady ? participant.readySlot : participant.lostSlot;
  }

  private void mark(Participant participant, int slot) {
    if (ofReady) {
      participant.readySlot = slot;
    } else {
      participant.lostSlot = slot;
    }
  }
}
