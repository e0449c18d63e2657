package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.assertNear;
import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupTest {
  private final Link link = new Link();
  private final Scheduler<String> scheduler = link.scheduler;

  @Test
  void groupsShareEquallyWhateverIsInside() {
    Group one = scheduler.addGroup(1);
    Group hundred = scheduler.addGroup(1);
    Group mixed = scheduler.addGroup(1);
    link.backlogged(0, "one", sequential(7), one);
    for (int i = 1; i <= 100; i++) {
      link.backlogged(4L * i, "hundred", incremental(3), hundred);
    }
    link.backlogged(1000, "mixed", sequential(3), mixed);
    link.backlogged(1004, "mixed", incremental(3), mixed);
    link.backlogged(1008, "mixed", incremental(5), mixed);
    link.run(30_000);
    assertEquals(10_000, link.packetsOf("one"));
    assertEquals(10_000, link.packetsOf("hundred"));
    assertEquals(10_000, link.packetsOf("mixed"));
  }

  @Test
  void highestUrgencyOfOneUserTakesNoOtherUsersShare() {
    Group loud = scheduler.addGroup(1);
    Group quiet = scheduler.addGroup(1);
    link.backlogged(0, "loud", Priority.CRITICAL, loud);
    for (int i = 1; i < 50; i++) {
      link.backlogged(4L * i, "loud", incremental(0), loud);
    }
    link.backlogged(1000, "quiet", incremental(7), quiet);
    for (int i = 0; i < 1000; i++) {
      link.run(2);
      assertEquals(link.packetsOf("loud"), link.packetsOf("quiet"));
    }
  }

  @Test
  void raisingUrgencyInsideAGroupChangesNothingForOthers() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Entry<String> climbing = link.backlogged(0, "A", incremental(7), a);
    link.backlogged(4, "A", sequential(4), a);
    link.backlogged(8, "B", incremental(3), b);
    for (int i = 0; i < 800; i++) {
      scheduler.prioritize(climbing, new Priority(7 - i % 8, i % 3 == 0));
      link.run(2);
      assertEquals(link.packetsOf("A"), link.packetsOf("B"));
    }
  }

  @Test
  void sharesFollowTheWeights() {
    Group three = scheduler.addGroup(3);
    Group two = scheduler.addGroup(2);
    Group seven = scheduler.addGroup(7);
    link.backlogged(0, "three", incremental(3), three);
    link.backlogged(4, "two", incremental(3), two);
    link.backlogged(8, "seven", incremental(3), seven);
    link.run(120_000);
    assertNear(30_000, link.packetsOf("three"), 1);
    assertNear(20_000, link.packetsOf("two"), 1);
    assertNear(70_000, link.packetsOf("seven"), 1);
  }

  @Test
  void smallestChunksOfTheHeaviestGroupAreCountedExactly() {
    Group heavy = scheduler.addGroup(Group.MAX_WEIGHT);
    Group light = scheduler.addGroup(1);
    Entry<String> h = link.backlogged(0, "heavy", incremental(3), heavy);
    Entry<String> l = link.backlogged(4, "light", incremental(3), light);
    long heavyBytes = 0;
    long lightBytes = 0;
    for (int i = 0; i < 200_000; i++) {
      if (scheduler.next(false) == h) {
        scheduler.charge(h, 1);
        heavyBytes++;
      } else {
        scheduler.charge(l, 1);
        lightBytes++;
      }
    }
    assertNear(heavyBytes / Group.MAX_WEIGHT, lightBytes, 1);
  }

  @Test
  void sharesStayExactOverPetabytes() {
    Group three = scheduler.addGroup(3);
    Group one = scheduler.addGroup(1);
    Entry<String> a = link.backlogged(0, "three", incremental(3), three);
    Entry<String> b = link.backlogged(4, "one", incremental(3), one);
    long sentByA = 0;
    long sentByB = 0;
    while (sentByA + sentByB < 1L << 53) {
      if (scheduler.next(false) == a) {
        scheduler.charge(a, Integer.MAX_VALUE);
        sentByA += Integer.MAX_VALUE;
      } else {
        scheduler.charge(b, Integer.MAX_VALUE);
        sentByB += Integer.MAX_VALUE;
      }
    }
    // Ahead by eight petabytes, single bytes still count.
    assertNear(sentByA / 3, sentByB, Integer.MAX_VALUE);
    assertEquals(sentByA, a.key);
    assertEquals(sentByA / 3, three.key);
    scheduler.charge(b, 1);
    assertEquals(sentByB + 1, one.key);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void noGroupIsEverFurtherFromItsShareThanItsPacketsAreLong(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] weights = {1, 3, 10, 64};
    long[] sent = new long[weights.length];
    int next = 0;
    for (int weight : weights) {
      Group group = scheduler.addGroup(weight);
      for (int i = 0; i < 3; i++) {
        Priority priority = new Priority(random.nextInt(8), random.nextBoolean());
        link.backlogged(next, Integer.toString(next / 3), priority, group);
        next++;
      }
    }
    for (int i = 0; i < 50_000; i++) {
      Entry<String> entry = scheduler.next(false);
      int bytes = 1 + random.nextInt(1400);
      scheduler.charge(entry, bytes);
      sent[Integer.parseInt(entry.stream())] += bytes;
      for (int a = 0; a < weights.length; a++) {
        double share = sent[a] / (double) weights[a] - sent[0] / (double) weights[0];
        // One packet of either, and the part of a unit that the key does not show.
        assertEquals(0, share, 1401 / (double) weights[a] + 1401, "seed " + seed);
      }
    }
  }

  @Test
  void changedWeightHoldsFromNowOn() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    link.backlogged(4, "B", incremental(3), b);
    link.run(10_000);
    scheduler.weigh(a, 4);
    assertEquals(4, a.weight());
    link.run(10_000);
    assertNear(5_000 + 8_000, link.packetsOf("A"), 2);
    scheduler.weigh(a, 1);
    link.run(10_000);
    assertNear(5_000 + 8_000 + 5_000, link.packetsOf("A"), 3);
  }

  @Test
  void changedWeightKeepsTheKeysDistanceFromVirtualTime() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Entry<String> ofA = link.backlogged(0, "A", incremental(3), a);
    link.backlogged(4, "B", incremental(3), b);
    scheduler.charge(ofA, 5000);
    scheduler.weigh(a, 1000);
    assertEquals("B B B B B A", link.packets(6));
  }

  @Test
  void changingTheWeightAllTheTimeEarnsNothing() {
    Group a = scheduler.addGroup(Group.MAX_WEIGHT);
    link.backlogged(0, "A", incremental(3), a);
    Group b = scheduler.addGroup(Group.MAX_WEIGHT);
    link.backlogged(4, "B", incremental(3), b);
    for (int i = 0; i < 100_000; i++) {
      link.packet();
      scheduler.weigh(a, Group.MAX_WEIGHT - i % 2);
    }
    assertNear(link.packetsOf("B"), link.packetsOf("A"), 100);
  }

  @Test
  void groupThatWasSilentCatchesUpOnNothing() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    Entry<String> ofB = link.backlogged(4, "B", incremental(3), b);
    link.idle(ofB);
    link.run(1000);
    link.ready(ofB);
    assertEquals("A B A B", link.packets(4));
  }

  @Test
  void newGroupStartsWhereOthersAre() {
    Group a = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    link.run(1000);
    link.backlogged(4, "B", incremental(3), scheduler.addGroup(1));
    assertEquals("A B A B", link.packets(4));
  }

  @Test
  void groupThatFlapsEarnsNothing() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    Entry<String> ofB = link.backlogged(4, "B", incremental(3), b);
    for (int i = 0; i < 10_000; i++) {
      if (link.packet().equals("B")) {
        link.idle(ofB);
        link.ready(ofB);
      }
    }
    assertNear(link.packetsOf("A"), link.packetsOf("B"), 1);
  }

  @Test
  void groupThatGivesUpItsTurnEarnsNothingForIt() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    Entry<String> ofB = link.backlogged(4, "B", incremental(3), b);
    for (int i = 0; i < 10_000; i++) {
      link.packet();
      link.idle(ofB);
      link.ready(ofB);
    }
    assertTrue(link.packetsOf("B") <= link.packetsOf("A"));
  }

  @Test
  void groupThatOpensAStreamForEachPacketEarnsNothing() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    link.backlogged(0, "A", incremental(3), a);
    Entry<String> ofB = link.backlogged(4, "B", incremental(3), b);
    for (int i = 2; i < 10_000; i++) {
      if (link.packet().equals("B")) {
        scheduler.remove(ofB);
        ofB = link.backlogged(4L * i, "B", incremental(i % 8), b);
      }
    }
    assertNear(link.packetsOf("A"), link.packetsOf("B"), 1);
  }

  @Test
  void groupRemembersItsKeyWhenItsLastStreamIsRemoved() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Entry<String> ofA = link.backlogged(0, "A", incremental(3), a);
    link.backlogged(4, "B", incremental(3), b);
    scheduler.charge(ofA, 3000);
    scheduler.remove(ofA);
    assertEquals("B", link.packet());
    link.backlogged(8, "A", incremental(3), a);
    assertEquals("B B A B", link.packets(4));
  }

  @Test
  void lostDataIsSharedBetweenGroupsToo() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Entry<String> ofA = link.backlogged(0, "A", incremental(0), a);
    Entry<String> ofB = link.backlogged(4, "B", incremental(7), b);
    link.backlogged(8, "A", incremental(0), a);
    scheduler.update(ofA, true, true);
    assertEquals("A", link.packet(true));
    assertEquals("A", link.packet(true));
    scheduler.update(ofB, true, true);
    assertEquals("B", link.packet(true));
    assertEquals("B", link.packet(true));
    assertEquals("A", link.packet(true));
    assertEquals("B", link.packet(true));
  }

  @Test
  void groupsOfTheirOwnUrgencyGoStrictly() {
    Group first = scheduler.addGroup(1);
    Group last = scheduler.addGroup(1);
    scheduler.prioritize(first, 0);
    scheduler.prioritize(last, 7);
    Entry<String> f = link.backlogged(0, "first", incremental(7), first);
    link.backlogged(4, "last", incremental(0), last);
    Entry<String> d = link.backlogged(8, "default", incremental(3));
    link.run(100);
    assertEquals(100, link.packetsOf("first"));
    link.idle(f);
    link.run(100);
    assertEquals(100, link.packetsOf("default"));
    link.idle(d);
    assertEquals("last", link.packet());
    assertEquals(7, last.urgency());
  }

  @Test
  void changedUrgencyOfAGroupKeepsTheKeysDistanceFromVirtualTime() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Group c = scheduler.addGroup(1);
    scheduler.prioritize(c, 1);
    Entry<String> ofC = link.backlogged(8, "C", incremental(3), c);
    link.drain(ofC, 100);
    Entry<String> ofA = link.backlogged(0, "A", incremental(3), a);
    link.backlogged(4, "B", incremental(3), b);
    scheduler.charge(ofA, 2000);
    link.ready(ofC);
    scheduler.prioritize(a, 1);
    assertEquals("C C A C A C", link.packets(6));
  }

  @Test
  void streamMovesToAnotherGroupAndIsCountedThere() {
    Group a = scheduler.addGroup(1);
    Group b = scheduler.addGroup(1);
    Entry<String> moving = link.backlogged(0, "m", incremental(3), a);
    link.backlogged(4, "B", incremental(3), b);
    assertEquals("m B m B", link.packets(4));
    scheduler.move(moving, b);
    assertEquals(0, a.memberCount());
    assertEquals(2, b.memberCount());
    link.backlogged(8, "A", incremental(3), a);
    link.run(400);
    assertNear(200, link.packetsOf("A"), 1);
    assertNear(200, link.packetsOf("m") + link.packetsOf("B") - 4, 1);
  }

  @Test
  void emptyGroupIsRemovedAndRefusedAfterwards() {
    Group a = scheduler.addGroup(1);
    Entry<String> ofA = link.backlogged(0, "A", incremental(3), a);
    assertThrows(IllegalStateException.class, () -> scheduler.removeGroup(a));
    scheduler.remove(ofA);
    scheduler.removeGroup(a);
    assertThrows(IllegalArgumentException.class, () -> scheduler.add(4, "B", Priority.DEFAULT, a));
    assertThrows(IllegalArgumentException.class, () -> scheduler.removeGroup(a));
    Entry<String> other = link.backlogged(8, "other", incremental(3));
    assertThrows(IllegalArgumentException.class, () -> scheduler.move(other, a));
  }

  @Test
  void defaultGroupStays() {
    assertThrows(
        IllegalStateException.class, () -> scheduler.removeGroup(scheduler.defaultGroup()));
  }

  @Test
  void groupOfAnotherSchedulerIsRefused() {
    Group foreign = new Link().scheduler.defaultGroup();
    assertThrows(
        IllegalArgumentException.class, () -> scheduler.add(0, "A", Priority.DEFAULT, foreign));
    assertThrows(IllegalArgumentException.class, () -> scheduler.weigh(foreign, 2));
    assertThrows(IllegalArgumentException.class, () -> scheduler.prioritize(foreign, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Group.MAX_WEIGHT + 1, Integer.MAX_VALUE})
  void weightOutOfRangeIsRefused(int weight) {
    assertThrows(IllegalArgumentException.class, () -> scheduler.addGroup(weight));
    Group group = scheduler.defaultGroup();
    assertThrows(IllegalArgumentException.class, () -> scheduler.weigh(group, weight));
    assertEquals(1, group.weight());
  }

  // Groups inside of groups.

  @Test
  void partsOfAGroupTakeNothingFromOthers() {
    Group ours = scheduler.addGroup(1);
    Group whole = scheduler.divide(scheduler.defaultGroup());
    link.backlogged(0, "ours", incremental(7), ours);
    link.backlogged(4, "rest", incremental(3), scheduler.defaultGroup());
    for (int i = 0; i < 9; i++) {
      link.backlogged(8 + 4L * i, "part " + i, incremental(0), scheduler.addGroup(1, whole));
    }
    link.run(20_000);
    assertEquals(10_000, link.packetsOf("ours"));
    assertEquals(1_000, link.packetsOf("rest"));
    assertEquals(1_000, link.packetsOf("part 8"));
  }

  @Test
  void aGroupKeepsWhatItHasUsedWhenItIsDivided() {
    Group ours = scheduler.addGroup(2);
    link.backlogged(0, "ours", incremental(3), ours);
    link.backlogged(4, "rest", incremental(3), scheduler.defaultGroup());
    for (int i = 0; i < 3_000; i++) {
      if (i == 1_000) {
        Group whole = scheduler.divide(scheduler.defaultGroup());
        assertEquals(1, whole.weight());
        assertEquals(1, whole.memberCount());
      }
      link.run(3);
      assertNear(2L * (i + 1), link.packetsOf("ours"), 2);
    }
  }

  @Test
  void theWholeCanBeWeighedAndPutFirst() {
    Group ours = scheduler.addGroup(1);
    Group whole = scheduler.divide(scheduler.defaultGroup());
    link.backlogged(0, "ours", incremental(3), ours);
    link.backlogged(4, "rest", incremental(3), scheduler.defaultGroup());
    scheduler.weigh(whole, 3);
    link.run(4_000);
    assertNear(3_000, link.packetsOf("rest"), 1);
    scheduler.prioritize(whole, 2);
    link.run(100);
    assertNear(3_100, link.packetsOf("rest"), 1);
  }

  @Test
  void wholesTakeNoStreamsAndPartsNoGroups() {
    Group whole = scheduler.divide(scheduler.addGroup(1));
    assertThrows(
        IllegalArgumentException.class, () -> scheduler.add(0, "", Priority.DEFAULT, whole));
    Entry<String> entry = link.backlogged(0, "", Priority.DEFAULT);
    assertThrows(IllegalArgumentException.class, () -> scheduler.move(entry, whole));
    Group leaf = scheduler.addGroup(1);
    assertThrows(IllegalArgumentException.class, () -> scheduler.addGroup(1, leaf));
    assertThrows(IllegalStateException.class, () -> scheduler.removeGroup(whole));
    Group part = scheduler.addGroup(1, whole);
    scheduler.removeGroup(part);
    assertEquals(1, whole.memberCount());
  }
}
