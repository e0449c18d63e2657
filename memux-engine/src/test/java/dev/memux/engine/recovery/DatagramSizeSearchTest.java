package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatagramSizeSearchTest {
  private static final int BASE = 1200;
  private final DatagramSizeSearch search = new DatagramSizeSearch(BASE, 65_507);
  private long now = -5;
  private long number;

  private int due() {
    for (int i = 0; i < DatagramSizeSearch.FULL_PACKETS_PER_PROBE; i++) {
      search.onFullPacketSent();
    }
    return search.probeDueBytes(now);
  }

  /** Searches a path to the end; returns what was probed. */
  private List<Integer> searchOn(int mtuBytes) {
    List<Integer> probed = new ArrayList<>();
    for (int bytes = due(); bytes > 0; bytes = due()) {
      probed.add(bytes);
      search.onProbeSent(++number);
      if (bytes <= mtuBytes) {
        search.onProbeAcked();
      } else {
        search.onProbeLost();
      }
    }
    return probed;
  }

  @Test
  void commonSizesComeFirstAndHalvesOfWhatIsLeftThen() {
    List<Integer> probed = searchOn(1472);
    assertEquals(List.of(1452, 1472, 4052, 4052, 4052, 2762), probed.subList(0, 6));
    assertEquals(1472, search.bytes());
  }

  @Test
  void withoutFullPacketsNothingIsProbed() {
    for (int i = 1; i < DatagramSizeSearch.FULL_PACKETS_PER_PROBE; i++) {
      search.onFullPacketSent();
      assertEquals(0, search.probeDueBytes(now));
    }
    search.onFullPacketSent();
    assertEquals(1452, search.probeDueBytes(now));
  }

  @Test
  void onlyOneProbeIsUnderWay() {
    assertEquals(1452, due());
    search.onProbeSent(7);
    assertTrue(search.isProbe(PacketSpace.APPLICATION, 7));
    assertFalse(search.isProbe(PacketSpace.HANDSHAKE, 7));
    assertEquals(0, due());
  }

  /** RFC 8899 §5.1.2, MAX_PROBES. */
  @Test
  void aSizeIsGivenUpAfterThreeLosses() {
    for (int i = 0; i < DatagramSizeSearch.MAX_PROBES; i++) {
      assertEquals(1452, due());
      search.onProbeSent(++number);
      search.onProbeLost();
    }
    assertEquals(1326, due());
  }

  /** RFC 9000 §18.2. */
  @Test
  void nothingAboveThePeersLimitIsTried() {
    search.onPeerMaxUdpPayload(1460);
    assertEquals(List.of(1452, 1460), searchOn(65_507));
    assertEquals(1460, search.bytes());
  }

  /** RFC 8899 §5.1.1, PMTU_RAISE_TIMER. */
  @Test
  void aSearchThatIsOverBeginsAgainLater() {
    searchOn(1472);
    now += DatagramSizeSearch.RAISE_NANOS - 1;
    assertEquals(0, due());
    now++;
    assertEquals(4052, due());
  }

  /** RFC 8899 §4.3. */
  @Test
  void lossesOfNothingButLargePacketsAreABlackHole() {
    searchOn(1472);
    for (int i = 1; i < DatagramSizeSearch.BLACK_HOLE_LOSSES; i++) {
      assertFalse(search.onLost(1472, now));
    }
    assertTrue(search.onLost(1300, now));
    assertEquals(BASE, search.bytes());
    assertEquals(0, due());
    now += DatagramSizeSearch.AFTER_BLACK_HOLE_NANOS;
    assertEquals(1452, due());
  }

  @Test
  void aLargePacketThatArrivesShowsThatThereIsNoBlackHole() {
    searchOn(1472);
    for (int i = 0; i < 10 * DatagramSizeSearch.BLACK_HOLE_LOSSES; i++) {
      assertFalse(search.onLost(1472, now));
      search.onAcked(1472);
    }
  }

  @Test
  void lossesOfSmallPacketsAreNoBlackHole() {
    searchOn(1472);
    for (int i = 0; i < 10; i++) {
      assertFalse(search.onLost(BASE, now));
    }
  }

  @Test
  void smallPacketsThatArriveSayNothingOfLargeOnes() {
    searchOn(1472);
    for (int i = 1; i < DatagramSizeSearch.BLACK_HOLE_LOSSES; i++) {
      assertFalse(search.onLost(1472, now));
      search.onAcked(BASE);
    }
    assertTrue(search.onLost(1472, now));
  }

  /** RFC 9000 §14.3: each path has its own. */
  @Test
  void anotherPathBeginsAtTheBase() {
    searchOn(1472);
    search.onNewPath();
    assertEquals(BASE, search.bytes());
    assertEquals(1452, due());
  }

  @Test
  void whereBaseAndMaximumAreOneNothingIsProbed() {
    DatagramSizeSearch fixed = new DatagramSizeSearch(1350, 1350);
    for (int i = 0; i < 100; i++) {
      fixed.onFullPacketSent();
    }
    assertEquals(0, fixed.probeDueBytes(now));
    assertEquals(1350, fixed.bytes());
  }
}
