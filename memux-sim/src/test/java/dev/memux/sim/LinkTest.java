package dev.memux.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkTest {
  private static final InetSocketAddress A = Network.address(0, 1);
  private static final InetSocketAddress B = Network.address(1, 2);
  private static final int MANY = 20_000;
  private static final long MILLI = 1_000_000;

  @Test
  void aPerfectLinkDeliversAtTheInstantOfSending() {
    Run run = new Run(LinkProfile.builder().build(), 1);
    run.send(0, 1000);
    run.send(5 * MILLI, 1000);
    run.finish();
    assertEquals(List.of(0L, 5 * MILLI), run.arrivalTimes());
  }

  @Test
  void delayIsAddedToEachDatagram() {
    Run run = new Run(LinkProfile.builder().delayMillis(15).build(), 1);
    run.send(0, 1);
    run.send(3 * MILLI, 1);
    run.finish();
    assertEquals(List.of(15 * MILLI, 18 * MILLI), run.arrivalTimes());
  }

  @Test
  void theRateSpacesDatagramsByTheirSize() {
    Run run = new Run(LinkProfile.builder().rateBitsPerSecond(8_000_000).delayMillis(1).build(), 1);
    run.send(0, 1000);
    run.send(0, 500);
    run.finish();
    assertEquals(List.of(2 * MILLI, 2 * MILLI + MILLI / 2), run.arrivalTimes());
  }

  @Test
  void aLongRunGoesAtExactlyTheRate() {
    Run run = new Run(LinkProfile.builder().rateBitsPerSecond(10_000_000).build(), 1);
    for (int i = 0; i < MANY; i++) {
      run.send(0, 1250);
    }
    run.finish();
    assertEquals(MANY * MILLI, run.arrivalTimes().getLast());
  }

  @Test
  void aFullQueueDropsTheNewest() {
    Run run =
        new Run(LinkProfile.builder().rateBitsPerSecond(8_000_000).queueBytes(3000).build(), 1);
    for (int i = 0; i < 5; i++) {
      run.send(0, 1000);
    }
    run.send(MILLI, 1000); // One has left by then.
    run.finish();
    assertEquals(List.of(0L, 1L, 2L, 5L), run.arrivalIds());
    assertEquals(2, run.dropped(DropReason.QUEUE_FULL));
  }

  /** RFC 3168 §5: whoever is not ECN-capable is dropped instead, when there is no room. */
  @Test
  void aLongQueueMarksWhatIsEcnCapable() {
    Run run =
        new Run(
            LinkProfile.builder()
                .rateBitsPerSecond(8_000_000)
                .queueBytes(4000)
                .markBytes(2000)
                .build(),
            1);
    for (int ecn : new int[] {2, 2, 1, 0, 2}) {
      run.send(0, 1000, ecn);
    }
    run.finish();
    assertEquals(List.of(2, 2, 3, 0), run.codepoints());
    assertEquals(1, run.dropped(DropReason.QUEUE_FULL));
  }

  @ParameterizedTest
  @CsvSource({
    "KEEP, 0, 1, 2, 3",
    "ERASE, 0, 0, 0, 0",
    "ECT_0, 2, 2, 2, 2",
    "ECT_1, 0, 1, 1, 1",
    "CE, 0, 3, 3, 3"
  })
  void codepointsAreTreatedAsAsked(EcnTreatment treatment, int none, int ect1, int ect0, int ce) {
    Run run = new Run(LinkProfile.builder().ecn(treatment).build(), 1);
    for (int ecn = 0; ecn < 4; ecn++) {
      run.send(ecn, 100, ecn);
    }
    run.finish();
    assertEquals(List.of(none, ect1, ect0, ce), run.codepoints());
  }

  @Test
  void ecnCapableDatagramsMayBeDropped() {
    Run run = new Run(LinkProfile.builder().ecn(EcnTreatment.DROP).build(), 1);
    for (int ecn = 0; ecn < 4; ecn++) {
      run.send(ecn, 100, ecn);
    }
    run.finish();
    assertEquals(List.of(0), run.codepoints());
    assertEquals(3, run.dropped(DropReason.ECN_CAPABLE));
  }

  @Test
  void aQueueCountedInDatagramsDropsTheNewest() {
    Run run =
        new Run(LinkProfile.builder().rateBitsPerSecond(8_000_000).queueDatagrams(25).build(), 1);
    for (int i = 0; i < 100; i++) {
      run.send(0, 1);
    }
    run.finish();
    assertEquals(25, run.node.arrivals.size());
    assertEquals(75, run.dropped(DropReason.QUEUE_FULL));
  }

  @Test
  void aDatagramLargerThanAnEmptyQueueStillPasses() {
    Run run = new Run(LinkProfile.builder().rateBitsPerSecond(8_000_000).queueBytes(10).build(), 1);
    run.send(0, 1000);
    run.finish();
    assertEquals(1, run.node.arrivals.size());
  }

  @Test
  void aDatagramAboveTheMtuIsDropped() {
    Run run = new Run(LinkProfile.builder().mtuBytes(1200).build(), 1);
    run.send(0, 1200);
    run.send(0, 1201);
    run.finish();
    assertEquals(List.of(0L), run.arrivalIds());
    assertEquals(1, run.dropped(DropReason.TOO_BIG));
  }

  @Test
  void anOutageLosesWhatIsSentWhileTheLinkIsDown() {
    Outage outage = new Outage(5 * MILLI, 2 * MILLI);
    Run run = new Run(LinkProfile.builder().outage(outage).build(), 1);
    for (int i = 0; i < 14; i++) {
      run.send(i * MILLI, 1);
    }
    run.finish();
    assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 7L, 8L, 9L, 10L, 11L), run.arrivalIds());
    assertEquals(4, run.dropped(DropReason.OUTAGE));
  }

  @Test
  void randomLossIsAsFrequentAsItsProbability() {
    Run run = new Run(LinkProfile.builder().loss(0.2).build(), 7).sendMany();
    assertEquals(0.2, run.dropped(DropReason.LOSS) / (double) MANY, 0.01);
  }

  @Test
  void burstsHaveTheirMeanLossAndLength() {
    BurstLoss bursts = new BurstLoss(0.01, 0.25, 0, 1);
    Run run = new Run(LinkProfile.builder().bursts(bursts).build(), 7).sendMany();
    int lost = run.dropped(DropReason.LOSS);
    assertEquals(bursts.meanLoss(), lost / (double) MANY, 0.01);
    assertEquals(4, lost / (double) run.gaps(), 0.5);
  }

  @Test
  void duplicationBringsASecondCopy() {
    Run run = new Run(LinkProfile.builder().duplication(0.1).build(), 7).sendMany();
    Map<Long, Integer> copies = new HashMap<>();
    run.arrivalIds().forEach(id -> copies.merge(id, 1, Integer::sum));
    assertEquals(MANY, copies.size());
    assertTrue(copies.values().stream().allMatch(n -> n <= 2));
    assertEquals(0.1, (run.node.arrivals.size() - MANY) / (double) MANY, 0.01);
  }

  @Test
  void corruptionFlipsAFewBitsAndNothingElse() {
    Run run = new Run(LinkProfile.builder().corruption(0.1).build(), 7).sendMany();
    int damaged = 0;
    for (RecordingNode.Arrival arrival : run.node.arrivals) {
      int bits = 0;
      for (byte b : arrival.payload()) {
        bits += Integer.bitCount(b & 0xff);
      }
      assertTrue(bits <= 8);
      damaged += bits > 0 ? 1 : 0;
    }
    assertEquals(MANY, run.node.arrivals.size());
    assertEquals(0.1, damaged / (double) MANY, 0.01);
    assertEquals(damaged, run.damaged, MANY * 0.001); // An even number of flips may cancel out.
  }

  @Test
  void jitterKeepsTheOrder() {
    Run run = new Run(LinkProfile.builder().delayMillis(1).jitterNanos(50 * MILLI).build(), 7);
    run.sendMany();
    List<Long> ids = run.arrivalIds();
    assertEquals(ids.stream().sorted().toList(), ids);
    long latest =
        run.node.arrivals.stream().mapToLong(a -> a.atNanos() - a.id() * MILLI).max().orElse(0);
    assertTrue(latest > 45 * MILLI && latest <= 51 * MILLI, latest + " ns");
  }

  @Test
  void reorderingHoldsBackItsShare() {
    Run run = new Run(LinkProfile.builder().reorder(0.2, 20 * MILLI).build(), 7).sendMany();
    long late = run.node.arrivals.stream().filter(a -> a.atNanos() > a.id() * MILLI).count();
    assertEquals(0.2, late / (double) MANY, 0.01);
    List<Long> ids = run.arrivalIds();
    assertEquals(MANY, new HashSet<>(ids).size());
    assertFalse(ids.equals(ids.stream().sorted().toList()));
  }

  @Test
  void aFilterTakesWhatItIsToldTo() {
    Run run = new Run(LinkProfile.builder().build(), 1);
    run.link.filter((datagram, now) -> datagram.id() != 1);
    run.send(0, 1);
    run.send(0, 1);
    run.send(0, 1);
    run.finish();
    assertEquals(List.of(0L, 2L), run.arrivalIds());
    assertEquals(1, run.dropped(DropReason.FILTERED));
  }

  @Test
  void aChangedProfileAppliesFromThenOn() {
    Run run = new Run(LinkProfile.builder().delayMillis(10).build(), 1);
    run.send(0, 1);
    run.send(MILLI, 1);
    run.simulation.at(
        MILLI / 2, () -> run.link.profile(run.link.profile().toBuilder().delayMillis(20).build()));
    run.finish();
    assertEquals(List.of(10 * MILLI, 21 * MILLI), run.arrivalTimes());
  }

  @Test
  void oneImpairmentDoesNotChangeAnothersDraws() {
    LinkProfile lossy = LinkProfile.builder().loss(0.1).build();
    Run alone = new Run(lossy, 3).sendMany();
    Run together =
        new Run(lossy.toBuilder().corruption(0.3).jitterNanos(9).reorder(0.1, 5).build(), 3)
            .sendMany();
    assertEquals(alone.arrivalIds(), together.arrivalIds().stream().sorted().toList());
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    LinkProfile wild =
        LinkProfile.builder()
            .rateBitsPerSecond(10_000_000)
            .queueBytes(20_000)
            .jitterNanos(3 * MILLI)
            .reorder(0.1, 10 * MILLI)
            .loss(0.05)
            .bursts(new BurstLoss(0.01, 0.2, 0, 0.8))
            .duplication(0.05)
            .corruption(0.05)
            .build();
    long first = new Run(wild, 42).sendMany().trace.hash();
    assertEquals(first, new Run(wild, 42).sendMany().trace.hash());
    assertFalse(first == new Run(wild, 43).sendMany().trace.hash());
  }

  @Test
  void payloadsArriveAsTheyWereSent() {
    Run run = new Run(LinkProfile.builder().build(), 1);
    byte[] payload = {1, 2, 3};
    run.sender.sendAt(0, B, payload);
    run.finish();
    assertArrayEquals(payload, run.node.arrivals.getFirst().payload());
  }

  /** One link from A to B and what came out of it. */
  private static final class Run implements NetworkObserver {
    final Simulation simulation = new Simulation();
    final Trace trace = new Trace(simulation);
    final RecordingNode sender = new RecordingNode(A);
    final RecordingNode node = new RecordingNode(B);
    final Link link;
    private final Network network;
    private final Map<DropReason, Integer> drops = new EnumMap<>(DropReason.class);
    private final List<Long> lostIds = new ArrayList<>();
    int damaged;

    Run(LinkProfile profile, long seed) {
      network = new Network(simulation, new Seed(seed));
      network.observe(trace);
      network.observe(this);
      network.attach(sender, A);
      network.attach(node, B);
      link = network.link(A, B, profile);
    }

    void send(long atNanos, int bytes) {
      send(atNanos, bytes, 0);
    }

    void send(long atNanos, int bytes, int ecn) {
      sender.sendAt(atNanos, B, new byte[bytes], ecn);
    }

    /** One small datagram each millisecond. */
    Run sendMany() {
      for (int i = 0; i < MANY; i++) {
        send(i * MILLI, 64);
      }
      finish();
      return this;
    }

    void finish() {
      network.wake(sender);
      assertTrue(simulation.runToEnd(Long.MAX_VALUE));
    }

    List<Long> arrivalTimes() {
      return node.arrivals.stream().map(RecordingNode.Arrival::atNanos).toList();
    }

    List<Integer> codepoints() {
      return node.arrivals.stream().map(RecordingNode.Arrival::ecn).toList();
    }

    List<Long> arrivalIds() {
      return node.arrivals.stream().map(RecordingNode.Arrival::id).toList();
    }

    int dropped(DropReason reason) {
      return drops.getOrDefault(reason, 0);
    }

    int gaps() {
      int gaps = 0;
      for (int i = 0; i < lostIds.size(); i++) {
        gaps += i == 0 || lostIds.get(i) != lostIds.get(i - 1) + 1 ? 1 : 0;
      }
      return gaps;
    }

    @Override
    public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
      drops.merge(reason, 1, Integer::sum);
      lostIds.add(datagram.id());
    }

    @Override
    public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
      damaged += intact ? 0 : 1;
    }
  }
}
