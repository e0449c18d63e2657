package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictsTest {
  private static final ServerName NAME = ServerName.parse("server.test");
  private final List<X509Certificate> chain = TestFiles.certificates("leaf");
  private final long now = System.currentTimeMillis();
  private final Verdicts verdicts = new Verdicts();

  @Test
  void holdForTheSameQuestionAlone() {
    assertFalse(verdicts.holds(NAME, chain, now));
    verdicts.add(NAME, chain, now);
    assertTrue(verdicts.holds(NAME, List.copyOf(chain), now));
    assertFalse(verdicts.holds(ServerName.parse("other.test"), chain, now));
    assertFalse(verdicts.holds(null, chain, now)); // as a client's
    assertFalse(verdicts.holds(NAME, chain.subList(0, 1), now));
    assertFalse(verdicts.holds(NAME, TestFiles.certificates("p256"), now));
  }

  @Test
  void doNotHoldForLong() {
    verdicts.add(NAME, chain, now);
    assertTrue(verdicts.holds(NAME, chain, now + Verdicts.LIFETIME_MILLIS - 1));
    assertFalse(verdicts.holds(NAME, chain, now + Verdicts.LIFETIME_MILLIS));
    assertFalse(verdicts.holds(NAME, chain, now - 1)); // the clock was set back
  }

  /** RFC 5280 §6.1.3: a certificate is judged by the time at which it is looked at. */
  @Test
  void doNotOutliveACertificate() {
    long end = chain.getLast().getNotAfter().toInstant().toEpochMilli();
    verdicts.add(NAME, chain, end - 1000);
    assertTrue(verdicts.holds(NAME, chain, end));
    assertFalse(verdicts.holds(NAME, chain, end + 1));
    long beginning = chain.getLast().getNotBefore().toInstant().toEpochMilli();
    verdicts.add(NAME, chain, beginning - 1000);
    assertFalse(verdicts.holds(NAME, chain, beginning - 1));
  }

  @Test
  void areOfSoManyChainsAtMost() {
    for (int i = 0; i <= Verdicts.MAX_CHAINS; i++) {
      verdicts.add(ServerName.parse("a" + i + ".test"), chain, now);
      assertTrue(verdicts.holds(ServerName.parse("a0.test"), chain, now)); // keeps it
    }
    assertEquals(Verdicts.MAX_CHAINS, verdicts.size());
    assertTrue(verdicts.holds(ServerName.parse("a0.test"), chain, now));
    assertFalse(verdicts.holds(ServerName.parse("a1.test"), chain, now));
    assertTrue(verdicts.holds(ServerName.parse("a2.test"), chain, now));
  }
}
