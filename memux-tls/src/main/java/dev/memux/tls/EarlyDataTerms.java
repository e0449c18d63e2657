package dev.memux.tls;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * When a server takes early data (RFC 8446 §4.2.10, §8; RFC 9001 §4.6). In doubt it does not: that
 * costs a round trip.
 */
final class EarlyDataTerms {
  private final StrikeRegister register;
  private final byte[] hash;

  private EarlyDataTerms(StrikeRegister register, byte[] hash) {
    this.register = register;
    this.hash = hash;
  }

  /**
   * Null: none is taken at all.
   *
   * @param transportParameters that clients remember (RFC 9000 §7.4.1)
   */
  static @Nullable EarlyDataTerms of(TlsServerConfig config, byte[] transportParameters) {
    StrikeRegister register = config.strikeRegister();
    if (register == null) {
      return null;
    }
    HandshakeWriter w = new HandshakeWriter();
    w.vector16(transportParameters).vector16(config.applicationSettings());
    return new EarlyDataTerms(register, sha256(w.finish()));
  }

  /**
   * What a ticket keeps of them. RFC 9000 §7.4.1, RFC 9114 §7.2.4.2: a client goes by the limits
   * and settings that it remembers, and none of them may have become less; here, none may have
   * changed.
   */
  byte[] hash() {
    return hash;
  }

  /** Whether to take what comes with {@code hello}, whose binder has been verified. */
  boolean accept(ClientHello hello, ServerChoice choice, TicketChoice resumed) {
    Ticket ticket = resumed.ticket();
    // RFC 8446 §4.2.10: its keys come from the first ticket and that ticket's suite. The
    // application protocol is the ticket's, or it had not been chosen.
    if (resumed.index() != 0
        || ticket.suite() != choice.suite()
        || !MessageDigest.isEqual(ticket.earlyDataHash(), hash)) {
      return false;
    }
    PskOffer offer = requireNonNull(hello.preSharedKeys());
    // RFC 8446 §4.2.11.1: modulo 2^32
    long ageMillis = (offer.obfuscatedAges().getFirst() - ticket.ageAdd()) & 0xffff_ffffL;
    long binder = ByteBuffer.wrap(offer.binders().getFirst()).getLong();
    return register.strike(binder, ticket.issuedMillis(), ageMillis);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
