package dev.memux.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.sim.Seed;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the runner's simulator does to datagrams. */
final class ImpairmentTest {
  private static final int COUNT = 100_000;

  @Test
  void dropsItsShareButNeverMoreThanABurst() {
    Impairment impairment = impairment(Scenario.delay(0).dropping(30));
    int dropped = 0;
    int inARow = 0;
    for (int i = 0; i < COUNT; i++) {
      inARow = impairment.apply(new byte[100]) == null ? inARow + 1 : 0;
      dropped += inARow > 0 ? 1 : 0;
      assertTrue(inARow <= 3);
    }
    // Of runs of 1, 2 and 3 that end by chance or by the bound: a little less than 30 in 100.
    assertEquals(0.294, (double) dropped / COUNT, 0.01);
  }

  @Test
  void corruptsOneByteNearTheBeginning() {
    Impairment impairment = impairment(Scenario.delay(0).corrupting(30));
    byte[] datagram = new byte[1200];
    int corrupted = 0;
    for (int i = 0; i < COUNT; i++) {
      datagram[0] = 0x40;
      byte[] passed = impairment.apply(datagram);
      assertNotNull(passed);
      int at = Arrays.mismatch(datagram, passed);
      if (at >= 0) {
        corrupted++;
        assertTrue(at <= 50);
        assertEquals(-1, Arrays.mismatch(datagram, at + 1, 1200, passed, at + 1, 1200));
      }
    }
    assertEquals(0.294, (double) corrupted / COUNT, 0.01);
  }

  @Test
  void leavesVersionNegotiationAsItIs() {
    Impairment impairment = impairment(Scenario.delay(0).corrupting(100));
    byte[] negotiation = new byte[40];
    negotiation[0] = (byte) 0x80;
    for (int i = 0; i < 10; i++) {
      assertSame(negotiation, impairment.apply(negotiation));
    }
  }

  @Test
  void dropsThoseThatAreNamed() {
    Scenario scenario = Scenario.delay(0).droppingToServer(2, 4);
    Impairment impairment =
        new Impairment(scenario, new Seed(1).random(), scenario.dropsToServer());
    byte[] datagram = {1};
    assertArrayEquals(datagram, impairment.apply(datagram));
    assertNull(impairment.apply(datagram));
    assertArrayEquals(datagram, impairment.apply(datagram));
    assertNull(impairment.apply(datagram));
    assertArrayEquals(datagram, impairment.apply(datagram));
  }

  private static Impairment impairment(Scenario scenario) {
    return new Impairment(scenario, new Seed(7).random(), Set.of());
  }
}
