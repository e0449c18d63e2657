package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.tls.SessionCache;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8446 §2.2, RFC 9001 §4.5. */
class ResumptionTest {
  private static TlsSession session(List<ConnectionEvent> events) {
    for (ConnectionEvent event : events) {
      if (event instanceof ConnectionEvent.HandshakeCompleted completed) {
        return completed.session();
      }
    }
    throw new AssertionError("no handshake was completed");
  }

  @Test
  void aSecondConnectionResumesTheSessionOfTheFirst() {
    InstantSource clock = InstantSource.system();
    TlsServerConfig server =
        ConnectedPair.serverTls("test", 1)
            .ticketKeys(new TicketKeys(Duration.ofHours(1), clock, new SecureRandom()))
            .build();
    TlsClientConfig client =
        ConnectedPair.clientTlsBuilder("test")
            .sessionCache(SessionCache.inMemory(10), clock)
            .build();
    ConnectedPair first =
        new ConnectedPair(QuicConfig.DEFAULT, QuicConfig.DEFAULT, client, server).settle();
    assertFalse(session(first.clientEvents).resumed());
    ConnectedPair second =
        new ConnectedPair(QuicConfig.DEFAULT, QuicConfig.DEFAULT, client, server).settle();
    assertTrue(session(second.clientEvents).resumed());
    assertTrue(session(second.serverEvents).resumed());
    assertTrue(
        second.bytesToClient < first.bytesToClient,
        "the certificate was sent again: " + second.bytesToClient);
  }
}
