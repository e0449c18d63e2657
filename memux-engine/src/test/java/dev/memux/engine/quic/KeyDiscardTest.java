package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/**
 * Keys are discarded when they are not needed any more (RFC 9001 §4.9), the last ones with their
 * connection: one that is forgotten may be memory that no collector finds.
 */
class KeyDiscardTest {
  /** Of 1-RTT packets: to seal, to open, to open in the next phase, and two for headers. */
  private static final int KEYS_IN_USE = 5;

  @Test
  void onlyTheKeysOfOneRttPacketsOutliveTheHandshake() {
    ConnectedPair pair = new ConnectedPair().settle();
    assertTrue(pair.client.isHandshakeConfirmed());
    assertTrue(pair.clientKeys.made() > KEYS_IN_USE);
    assertEquals(KEYS_IN_USE, pair.clientKeys.open());
    assertEquals(KEYS_IN_USE, pair.serverKeys.open());
    assertForgottenWithAllKeys(pair);
  }

  @Test
  void keyUpdatesLeaveNoOldKeysBehind() {
    ConnectedPair pair = new ConnectedPair().settle();
    for (int i = 0; i < 20; i++) {
      assertTrue(pair.client.updateKeys(pair.now), "update " + i);
      ask(pair);
      pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
      // RFC 9001 §6.5: the key before may be kept a while.
      assertTrue(pair.clientKeys.open() <= KEYS_IN_USE + 1);
      assertTrue(pair.serverKeys.open() <= KEYS_IN_USE + 1);
    }
    assertForgottenWithAllKeys(pair);
  }

  /** RFC 9001 §5.2: a Retry brings other Initial keys. */
  @Test
  void aRetryLeavesNoKeysBehind() {
    ConnectedPair pair =
        new ConnectedPair(
            QuicConfig.DEFAULT,
            QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS));
    pair.settle();
    assertEquals(KEYS_IN_USE, pair.clientKeys.open());
    assertForgottenWithAllKeys(pair);
  }

  @Test
  void aHandshakeThatGetsNowhereLeavesNoKeysBehind() {
    ConnectedPair pair = new ConnectedPair();
    pair.toClient = datagram -> false;
    pair.settle();
    assertTrue(pair.clientKeys.open() > 0);
    assertTrue(pair.serverKeys.open() > 0);
    assertForgottenWithAllKeys(pair);
  }

  /** RFC 9001 §4.9.3. */
  @Test
  void earlyDataLeavesNoKeysBehindWhetherItIsTakenOrRefused() {
    InstantSource clock = InstantSource.fixed(Instant.now());
    TicketKeys ticketKeys = new TicketKeys(Duration.ofHours(1), clock, new SecureRandom());
    SessionCache cache = SessionCache.inMemory(10);
    for (boolean taken : new boolean[] {false, true, true, false}) {
      StrikeRegister register = new StrikeRegister(Duration.ofSeconds(10), taken ? 100 : 1, clock);
      var serverTls = ConnectedPair.serverTls("test", 1).ticketKeys(ticketKeys);
      ConnectedPair pair =
          new ConnectedPair(
              QuicConfig.DEFAULT,
              QuicConfig.DEFAULT,
              ConnectedPair.clientTlsBuilder("test")
                  .sessionCache(cache, clock)
                  .offerEarlyData()
                  .build(),
              (taken ? serverTls.earlyData(register, new byte[0]) : serverTls).build());
      boolean early = pair.client.pollEvent() instanceof ConnectionEvent.EarlyDataReady;
      if (early) {
        ask(pair);
      }
      pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
      assertEquals(KEYS_IN_USE, pair.clientKeys.open());
      // A server may wait for 0-RTT packets until it looks again.
      assertTrue(pair.serverKeys.open() <= KEYS_IN_USE + 2);
      assertForgottenWithAllKeys(pair);
    }
  }

  private static void ask(ConnectedPair pair) {
    MuxStream stream =
        pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[100]));
    stream.finish();
  }

  private static void assertForgottenWithAllKeys(ConnectedPair pair) {
    pair.client.close(0, "", pair.now);
    pair.runUntil(pair.now + 100 * ConnectedPair.SECOND);
    pair.clientEndpoint.forget(pair.client);
    pair.serverEndpoint.forget(pair.server());
    assertEquals(0, pair.clientKeys.open());
    assertEquals(0, pair.serverKeys.open());
  }
}
