package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TicketKeysTest {
  private static final byte[] CONTENT = {1, 2, 3};
  private static final Duration LIFETIME = Duration.ofHours(4);

  private final TestClock clock = new TestClock();
  private final TicketKeys keys = new TicketKeys(LIFETIME, clock, new SeededRandom(1));

  @Test
  void whatIsSealedCanBeOpenedButNotReadOrChanged() {
    byte[] ticket = keys.seal(CONTENT);
    assertArrayEquals(CONTENT, keys.open(ticket));
    assertEquals(16 + 12 + 3 + 16, ticket.length);
    for (int i = 0; i < ticket.length; i++) {
      byte[] changed = ticket.clone();
      changed[i] ^= 1;
      assertNull(keys.open(changed));
      assertNull(keys.open(Arrays.copyOf(ticket, i)));
    }
    assertFalse(Arrays.equals(ticket, keys.seal(CONTENT)));
  }

  @Test
  void keysChangeAndOldOnesStillOpen() {
    byte[] ticket = keys.seal(CONTENT);
    byte[] sameKey = keys.seal(CONTENT);
    assertTrue(Arrays.equals(ticket, 0, 16, sameKey, 0, 16));
    clock.advance(LIFETIME.dividedBy(4));
    byte[] nextKey = keys.seal(CONTENT);
    assertFalse(Arrays.equals(ticket, 0, 16, nextKey, 0, 16));
    clock.advance(LIFETIME.minusMillis(1));
    assertNotNull(keys.open(ticket));
    clock.advance(Duration.ofMillis(1));
    assertNull(keys.open(ticket)); // also if no other key was made meanwhile
    assertNotNull(keys.open(nextKey));
  }

  @Test
  void theNumberOfKeysIsBounded() {
    int most = 0;
    for (int i = 0; i < 500; i++) {
      keys.seal(CONTENT);
      clock.advance(LIFETIME.dividedBy(17));
      most = Math.max(most, keys.keyCount());
    }
    assertTrue(most > 1 && most <= KeyRing.MAX_KEYS, most + " keys");
    for (int i = 0; i < 50; i++) { // a clock that goes back must not keep keys for ever
      keys.seal(CONTENT);
      clock.advance(i % 2 == 0 ? LIFETIME : LIFETIME.dividedBy(-2));
      assertTrue(keys.keyCount() <= KeyRing.MAX_KEYS);
    }
  }

  @Test
  void threadsShareTheKeys() throws Exception {
    TicketKeys shared = new TicketKeys(LIFETIME, clock, new SecureRandom());
    List<Callable<byte[]>> seals = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      seals.add(() -> shared.seal(CONTENT));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<byte[]> ticket : threads.invokeAll(seals)) {
        assertArrayEquals(CONTENT, shared.open(ticket.get()));
      }
    }
    assertEquals(1, shared.keyCount());
  }

  // RFC 8446 §4.6.1: seven days at most.
  @Test
  void lifetimesAreBounded() {
    for (Duration bad :
        List.of(Duration.ZERO, Duration.ofMillis(999), Duration.ofDays(7).plusMillis(1))) {
      assertThrows(
          IllegalArgumentException.class, () -> new TicketKeys(bad, clock, new SeededRandom(1)));
    }
  }

  @Test
  void theCacheIsBounded() {
    SessionCache cache = SessionCache.inMemory(2);
    TlsSession session =
        new TlsSession(
            "h3",
            CipherSuite.TLS_AES_128_GCM_SHA256,
            NamedGroup.X25519,
            "a",
            List.of(),
            false,
            EarlyData.NONE);
    List<ResumableSession> sessions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      NewSessionTicket ticket = new NewSessionTicket(60, i, new byte[1], new byte[1], false);
      sessions.add(
          new ResumableSession(
              session,
              new byte[32],
              ticket,
              0,
              1,
              new byte[0],
              List.of(),
              new TrustVerdict(CertificateTrust.any(), ServerName.parse("server.test"))));
    }
    for (ResumableSession s : sessions) {
      cache.add("a", s);
    }
    cache.add("b", sessions.get(0));
    assertEquals(sessions.get(3), cache.take("a")); // the newest; now "b" is the oldest
    cache.add("c", sessions.get(1));
    assertNull(cache.take("b"));
    assertEquals(sessions.get(2), cache.take("a"));
    assertNull(cache.take("a"));
    assertEquals(sessions.get(1), cache.take("c"));
    assertThrows(IllegalArgumentException.class, () -> SessionCache.inMemory(0));
  }
}
