package dev.memux.tls;

import java.util.ArrayList;
import java.util.List;

/**
 * A client's pre_shared_key (RFC 8446 §4.2.11).
 *
 * @param tickets in the client's order
 * @param obfuscatedAges one for each ticket: how old the client says that it is, in milliseconds,
 *     with what hides it added; matters only to early data
 * @param binders one for each ticket: proof that the client has its key
 * @param bindersBytes length of the list of binders, with which the ClientHello ends
 */
record PskOffer(
    List<byte[]> tickets, List<Long> obfuscatedAges, List<byte[]> binders, int bindersBytes) {
  /** Clients send one or two; each costs memory, and each that is tried a decryption. */
  static final int MAX_TICKETS = 16;

  static PskOffer read(HandshakeReader value) throws TlsAlertException {
    List<byte[]> tickets = new ArrayList<>();
    List<Long> obfuscatedAges = new ArrayList<>();
    HandshakeReader identities = value.vector16(7);
    while (identities.hasMore()) {
      if (tickets.size() == MAX_TICKETS) {
        throw new TlsAlertException(
            AlertDescription.ILLEGAL_PARAMETER, "more than " + MAX_TICKETS + " pre-shared keys");
      }
      tickets.add(identities.vector16(1).rest());
      obfuscatedAges.add(identities.u32());
    }
    int bindersBytes = value.remaining();
    List<byte[]> binders = new ArrayList<>();
    HandshakeReader list = value.vector16(33);
    value.finish();
    while (list.hasMore() && binders.size() <= tickets.size()) {
      binders.add(list.vector8(32).rest());
    }
    if (binders.size() != tickets.size()) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER,
          tickets.size() + " pre-shared keys with " + binders.size() + " binders");
    }
    return new PskOffer(tickets, obfuscatedAges, binders, bindersBytes);
  }
}
