package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who gets a place next, and when. */
final class PlacesTest {
  private final List<String> placed = new ArrayList<>();
  private final List<String> turnedAway = new ArrayList<>();

  private Places.Ticket ask(Places places, String client, int urgency, String name) {
    return places.ask(
        client,
        urgency,
        new Places.Applicant() {
          @Override
          public void onPlace() {
            placed.add(name);
          }

          @Override
          public void onTurnedAway() {
            turnedAway.add(name);
          }
        });
  }

  @Test
  void handsOutPlacesAtOnceWhileThereAreSome() {
    Places places = new Places(2, 10);
    Places.Ticket first = ask(places, "a", 3, "1");
    ask(places, "a", 3, "2");
    ask(places, "a", 3, "3");
    assertEquals(List.of("1", "2"), placed);
    assertEquals(2, places.held());
    assertEquals(1, places.waiting());
    first.leave();
    assertEquals(List.of("1", "2", "3"), placed);
    first.leave(); // again: nothing
    assertEquals(2, places.held());
    assertEquals(0, places.waiting());
  }

  @Test
  void givesThePlaceToTheMostUrgentThenToWhoCameFirst() {
    Places places = new Places(1, 10);
    Places.Ticket holder = ask(places, "z", 3, "holder");
    List<Places.Ticket> tickets = new ArrayList<>();
    tickets.add(ask(places, "a", 3, "a3"));
    tickets.add(ask(places, "b", 3, "b3"));
    tickets.add(ask(places, "c", 5, "c5"));
    tickets.add(ask(places, "d", 0, "d0"));
    holder.leave();
    for (int i : new int[] {3, 0, 1, 2}) {
      tickets.get(i).leave();
    }
    assertEquals(List.of("holder", "d0", "a3", "b3", "c5"), placed);
  }

  @Test
  void movesWhoBecomesMoreUrgentWhileWaitingAndKeepsItsArrival() {
    Places places = new Places(1, 10);
    Places.Ticket holder = ask(places, "z", 3, "holder");
    Places.Ticket early = ask(places, "a", 5, "early");
    Places.Ticket late = ask(places, "b", 3, "late");
    early.urgency(3);
    holder.leave();
    early.leave();
    late.leave();
    assertEquals(List.of("holder", "early", "late"), placed);
  }

  @Test
  void ignoresTheUrgencyOfWhoHasAPlaceOrHasLeft() {
    Places places = new Places(1, 10);
    Places.Ticket holder = ask(places, "a", 3, "holder");
    holder.urgency(0);
    Places.Ticket waiting = ask(places, "b", 3, "waiting");
    waiting.leave();
    waiting.urgency(0);
    holder.leave();
    assertEquals(List.of("holder"), placed);
    assertEquals(0, places.held());
  }

  @Test
  void oneClientDoesNotKeepAllPlacesByAskingForMany() {
    Places places = new Places(4, 1_000);
    List<Places.Ticket> greedy = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      greedy.add(ask(places, "greedy", 3, "g" + i));
    }
    for (int i = 0; i < 3; i++) {
      ask(places, "modest", 3, "m" + i);
    }
    greedy.get(0).leave();
    greedy.get(1).leave(); // both now hold two
    assertEquals(List.of("g0", "g1", "g2", "g3", "m0", "m1"), placed);
    greedy.get(2).leave(); // one against two: a place of its own
    assertEquals("g4", placed.getLast());
    assertEquals(4, places.held());
  }

  @Test
  void urgencyGoesBeforeFairnessBetweenClients() {
    Places places = new Places(2, 100);
    Places.Ticket first = ask(places, "a", 3, "a0");
    ask(places, "a", 3, "a1");
    ask(places, "b", 3, "b");
    ask(places, "a", 1, "urgent");
    first.leave();
    assertEquals("urgent", placed.getLast());
  }

  @Test
  void refusesWhoWouldWaitBeyondTheLimit() {
    Places places = new Places(1, 2);
    ask(places, "a", 3, "1");
    Places.Ticket second = ask(places, "a", 3, "2");
    assertNotNull(ask(places, "b", 3, "3"));
    assertNull(ask(places, "c", 0, "4"));
    second.leave();
    assertNotNull(ask(places, "c", 0, "4"));
  }

  @Test
  void turnsAwayWhoWaitsWhenItCloses() {
    Places places = new Places(1, 10);
    Places.Ticket holder = ask(places, "a", 3, "holder");
    Places.Ticket waiting = ask(places, "b", 3, "b");
    places.close();
    assertEquals(List.of("b"), turnedAway);
    assertNull(ask(places, "c", 3, "c"));
    waiting.leave();
    holder.leave();
    assertEquals(0, places.held());
    assertEquals(0, places.waiting());
    assertEquals(List.of("holder"), placed);
  }

  /** Any order of asking, leaving and changing one's mind, compared with a list that is sorted. */
  @Test
  void agreesWithAListThatIsSortedEachTime() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      new Comparison(1 + random.nextInt(5)).run(random, seed);
      placed.clear();
    }
  }

  private final class Comparison {
    private record Applicant(String client, String name) {}

    private final int count;
    private final Places places;
    private final Map<Applicant, Places.Ticket> tickets = new HashMap<>();
    private final TreeMap<Integer, Applicant> waiting = new TreeMap<>(); // by arrival
    private final Map<Applicant, Integer> urgencies = new HashMap<>();
    private final List<Applicant> holding = new ArrayList<>();
    private int arrivals;
    private int placedSoFar;

    Comparison(int count) {
      this.count = count;
      places = new Places(count, Integer.MAX_VALUE);
    }

    void run(Random random, long seed) {
      for (int step = 0; step < 300; step++) {
        int choice = random.nextInt(10);
        if (choice < 5) {
          Applicant one = new Applicant("c" + random.nextInt(4), "n" + arrivals);
          int urgency = random.nextInt(3);
          waiting.put(arrivals++, one);
          urgencies.put(one, urgency);
          tickets.put(one, ask(places, one.client(), urgency, one.name()));
        } else if (choice < 8 && !holding.isEmpty()) {
          Applicant one = holding.remove(random.nextInt(holding.size()));
          tickets.get(one).leave();
        } else if (!waiting.isEmpty()) {
          List<Integer> keys = new ArrayList<>(waiting.keySet());
          int key = keys.get(random.nextInt(keys.size()));
          Applicant one = waiting.get(key);
          if (choice == 8) {
            waiting.remove(key);
            tickets.get(one).leave();
          } else {
            int urgency = random.nextInt(3);
            urgencies.put(one, urgency);
            tickets.get(one).urgency(urgency);
          }
        }
        expect("seed " + seed + " step " + step);
      }
    }

    private void expect(String where) {
      while (holding.size() < count && !waiting.isEmpty()) {
        int key =
            waiting.keySet().stream()
                .min(
                    (a, b) -> {
                      int byUrgency = urgencies.get(waiting.get(a)) - urgencies.get(waiting.get(b));
                      if (byUrgency != 0) {
                        return byUrgency;
                      }
                      long byHeld = held(waiting.get(a)) - held(waiting.get(b));
                      return byHeld != 0 ? Long.signum(byHeld) : a - b;
                    })
                .orElseThrow();
        Applicant next = waiting.remove(key);
        holding.add(next);
        assertTrue(placedSoFar < placed.size(), where);
        assertEquals(next.name(), placed.get(placedSoFar++), where);
      }
      assertEquals(placedSoFar, placed.size(), where);
      assertEquals(holding.size(), places.held(), where);
      assertEquals(waiting.size(), places.waiting(), where);
    }

    private long held(Applicant one) {
      return holding.stream().filter(each -> each.client().equals(one.client())).count();
    }
  }
}
