package dev.memux.gateway;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The connections that there may be to a backend at a time, and who waits for one. Next is the most
 * urgent; among equals whose client holds the fewest places, so that nobody keeps all of them by
 * asking for many; and of those who has waited longest. Any thread.
 */
final class Places {
  private static final Comparator<Line> FAIREST =
      Comparator.<Line>comparingInt(line -> line.client.held)
          .thenComparingLong(line -> line.waiting.first().arrival);

  private final int count;
  private final int maxWaiting;
  private final Map<Object, Client> clients = new HashMap<>();
  private final TreeMap<Integer, TreeSet<Line>> linesByUrgency = new TreeMap<>();
  private int held;
  private int waiting;
  private long arrivals;
  private boolean closed;

  /**
   * @param count how many there are
   * @param maxWaiting how many may wait for one; clients can ask for any number
   */
  Places(int count, int maxWaiting) {
    this.count = count;
    this.maxWaiting = maxWaiting;
  }

  /** Hears of one request for a place; on any thread, and perhaps before {@link #ask} returns. */
  interface Applicant {
    /** There is a place, until {@link Ticket#leave}. */
    void onPlace();

    /** There will be none: {@link #close} was called. */
    void onTurnedAway();
  }

  /** One client: whoever may have to stand back for others. */
  private static final class Client {
    private final Map<Integer, Line> lines = new HashMap<>();
    private int held;
    private int waiting;
  }

  /** Those of one client that are equally urgent. Only lines in which somebody waits are kept. */
  private static final class Line {
    private final Client client;
    private final TreeSet<Ticket> waiting =
        new TreeSet<>(Comparator.comparingLong(ticket -> ticket.arrival));

    Line(Client client) {
      this.client = client;
    }
  }

  /** A place, or the hope for one. */
  final class Ticket {
    private final Object key;
    private final Client client;
    private final Applicant applicant;
    private final long arrival;
    private int urgency;
    private State state = State.WAITING;

    private Ticket(Object key, Client client, int urgency, Applicant applicant) {
      this.key = key;
      this.client = client;
      this.urgency = urgency;
      this.applicant = applicant;
      arrival = arrivals++;
    }

    /** Says how urgent it is now; who waits keeps the time of arrival. */
    void urgency(int value) {
      synchronized (Places.this) {
        if (state == State.WAITING && urgency != value) {
          removeWaiting(this);
          urgency = value;
          addWaiting(this);
        } else {
          urgency = value;
        }
      }
    }

    /** Gives up the place, or the hope for one. Once is enough. */
    void leave() {
      List<Ticket> next;
      synchronized (Places.this) {
        switch (state) {
          case WAITING -> removeWaiting(this);
          case HOLDING -> {
            held--;
            changeHeld(client, -1);
          }
          case GONE -> {
            return;
          }
        }
        state = State.GONE;
        forget(this);
        next = grant();
      }
      next.forEach(ticket -> ticket.applicant.onPlace());
    }
  }

  private enum State {
    WAITING,
    HOLDING,
    GONE
  }

  /**
   * Asks for a place.
   *
   * @param client equal for those that are to stand back for other clients
   * @param urgency the smallest goes first
   * @return null if too many wait already, or it is closed
   */
  @Nullable Ticket ask(Object client, int urgency, Applicant applicant) {
    Ticket ticket;
    List<Ticket> next;
    synchronized (this) {
      if (closed || (held >= count && waiting >= maxWaiting)) {
        return null;
      }
      Client owner = clients.computeIfAbsent(client, key -> new Client());
      ticket = new Ticket(client, owner, urgency, applicant);
      addWaiting(ticket);
      next = grant();
    }
    next.forEach(each -> each.applicant.onPlace());
    return ticket;
  }

  /** Turns away all who wait and whoever asks from now on. */
  void close() {
    List<Ticket> turnedAway = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Ticket ticket = pollWaiting(); ticket != null; ticket = pollWaiting()) {
        ticket.state = State.GONE;
        forget(ticket);
        turnedAway.add(ticket);
      }
    }
    turnedAway.forEach(ticket -> ticket.applicant.onTurnedAway());
  }

  /** How many wait. */
  synchronized int waiting() {
    return waiting;
  }

  /** How many places are taken. */
  synchronized int held() {
    return held;
  }

  // With the lock held from here on.

  /** Hands out what places there are; the applicants are told without the lock. */
  private List<Ticket> grant() {
    List<Ticket> granted = new ArrayList<>();
    while (held < count) {
      Ticket ticket = pollWaiting();
      if (ticket == null) {
        break;
      }
      ticket.state = State.HOLDING;
      held++;
      changeHeld(ticket.client, 1);
      granted.add(ticket);
    }
    return granted;
  }

  private @Nullable Ticket pollWaiting() {
    Map.Entry<Integer, TreeSet<Line>> mostUrgent = linesByUrgency.firstEntry();
    if (mostUrgent == null) {
      return null;
    }
    Ticket ticket = mostUrgent.getValue().first().waiting.first();
    removeWaiting(ticket);
    return ticket;
  }

  private void addWaiting(Ticket ticket) {
    Client client = ticket.client;
    Line line = client.lines.computeIfAbsent(ticket.urgency, urgency -> new Line(client));
    TreeSet<Line> lines =
        linesByUrgency.computeIfAbsent(ticket.urgency, u -> new TreeSet<>(FAIREST));
    if (!line.waiting.isEmpty()) {
      lines.remove(line);
    }
    line.waiting.add(ticket);
    lines.add(line);
    client.waiting++;
    waiting++;
  }

  private void removeWaiting(Ticket ticket) {
    Client client = ticket.client;
    Line line = client.lines.get(ticket.urgency);
    TreeSet<Line> lines = linesByUrgency.get(ticket.urgency);
    if (line == null || lines == null) {
      throw new IllegalStateException("a ticket that waits in no line");
    }
    lines.remove(line);
    line.waiting.remove(ticket);
    if (!line.waiting.isEmpty()) {
      lines.add(line);
    } else {
      client.lines.remove(ticket.urgency);
      if (lines.isEmpty()) {
        linesByUrgency.remove(ticket.urgency);
      }
    }
    client.waiting--;
    waiting--;
  }

  /** The lines of a client are sorted by what it holds. */
  private void changeHeld(Client client, int by) {
    client.lines.forEach((urgency, line) -> lines(urgency).remove(line));
    client.held += by;
    client.lines.forEach((urgency, line) -> lines(urgency).add(line));
  }

  private NavigableSet<Line> lines(int urgency) {
    TreeSet<Line> lines = linesByUrgency.get(urgency);
    if (lines == null) {
      throw new IllegalStateException("a line that nobody knows");
    }
    return lines;
  }

  private void forget(Ticket ticket) {
    if (ticket.client.held == 0 && ticket.client.waiting == 0) {
      clients.remove(ticket.key);
    }
  }
}
