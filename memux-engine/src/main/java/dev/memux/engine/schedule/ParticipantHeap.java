package dev.memux.engine.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A priority queue of participants that know their own place in it, so that any of them moves or
 * leaves without a search. Four children a node: half the depth of a binary heap, and the children
 * lie side by side.
 *
 * <p>It grows to the most participants it ever held and allocates nothing else.
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
  private static final @Nullable Participant[] NONE = {};

  private final boolean byKey;
  private final boolean ofReady;
  private @Nullable Participant[] nodes = NONE;
  private int size;

  ParticipantHeap(Order order, Index index) {
    byKey = order == Order.KEY;
    ofReady = index == Index.READY;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The first; the heap must not be empty. */
  @SuppressWarnings("unchecked") // only add() puts anything in
  P first() {
    return (P) node(0);
  }

  void add(P participant) {
    if (size == nodes.length) {
      nodes = Arrays.copyOf(nodes, Math.max(ARITY, 2 * size));
    }
    rise(participant, size++);
  }

  void remove(P participant) {
    int hole = slot(participant);
    Participant last = node(--size);
    nodes[size] = null;
    mark(participant, Participant.ABSENT);
    if (last != participant) {
      rise(last, hole);
      sink(last, slot(last));
    }
  }

  /** To be told when the key of a participant that is in here has grown. */
  void onKeyGrown(P participant) {
    sink(participant, slot(participant));
  }

  private void rise(Participant participant, int from) {
    int slot = from;
    while (slot > 0) {
      int parentSlot = (slot - 1) / ARITY;
      Participant parent = node(parentSlot);
      if (!precedes(participant, parent)) {
        break;
      }
      put(parent, slot);
      slot = parentSlot;
    }
    put(participant, slot);
  }

  private void sink(Participant participant, int from) {
    int slot = from;
    for (int child = ARITY * slot + 1; child < size; child = ARITY * slot + 1) {
      int leastSlot = child;
      Participant least = node(child);
      int end = Math.min(child + ARITY, size);
      for (int i = child + 1; i < end; i++) {
        Participant candidate = node(i);
        if (precedes(candidate, least)) {
          leastSlot = i;
          least = candidate;
        }
      }
      if (!precedes(least, participant)) {
        break;
      }
      put(least, slot);
      slot = leastSlot;
    }
    put(participant, slot);
  }

  /** Not private: a test counts the calls. */
  boolean precedes(Participant a, Participant b) {
    if (byKey && a.key != b.key) {
      return a.key < b.key;
    }
    return a.id < b.id;
  }

  @SuppressWarnings("NullAway") // below size every node is there
  private Participant node(int slot) {
    return nodes[slot];
  }

  private void put(Participant participant, int slot) {
    nodes[slot] = participant;
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
