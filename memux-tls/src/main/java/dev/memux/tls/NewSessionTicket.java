package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.util.EnumSet;

/**
 * A ticket for a later connection (RFC 8446 §4.6.1).
 *
 * @param lifetimeSeconds how long it is good for
 * @param ageAdd what hides the ticket's age when it comes back
 * @param nonce from which its key is derived
 * @param allowsEarlyData whether a connection that resumes may begin with early data
 */
record NewSessionTicket(
    long lifetimeSeconds, long ageAdd, byte[] nonce, byte[] ticket, boolean allowsEarlyData) {
  /** RFC 9001 §4.6.1: in QUIC flow control bounds early data, and this value says so. */
  private static final long QUIC_MAX_EARLY_DATA = 0xffff_ffffL;

  static NewSessionTicket read(HandshakeReader body) throws TlsAlertException {
    long lifetimeSeconds = body.u32();
    long ageAdd = body.u32();
    byte[] nonce = body.vector8(0).rest();
    byte[] ticket = body.vector16(1).rest();
    Extensions extensions = Extensions.read(body.vector16(0));
    body.finish();
    extensions.requireLegal(Place.NEW_SESSION_TICKET, EnumSet.noneOf(ExtensionType.class));
    HandshakeReader earlyData = extensions.value(ExtensionType.EARLY_DATA);
    if (earlyData != null) {
      long maxBytes = earlyData.u32();
      earlyData.finish();
      if (maxBytes != QUIC_MAX_EARLY_DATA) {
        // RFC 9001 §4.6.1: who names another bound has not understood that it speaks QUIC.
        throw TlsAlertException.protocolViolation(
            AlertDescription.ILLEGAL_PARAMETER, "max_early_data_size is " + maxBytes);
      }
    }
    return new NewSessionTicket(lifetimeSeconds, ageAdd, nonce, ticket, earlyData != null);
  }

  byte[] write() {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.NEW_SESSION_TICKET);
    w.u32(lifetimeSeconds).u32(ageAdd).vector8(nonce).vector16(ticket);
    int extensions = w.open(2);
    if (allowsEarlyData) {
      int earlyData = w.openExtension(ExtensionType.EARLY_DATA);
      w.u32(QUIC_MAX_EARLY_DATA);
      w.close(earlyData, 2);
    }
    w.close(extensions, 2);
    return w.finish();
  }
}
