package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.util.EnumSet;

/** A ticket for a later connection (RFC 8446 §4.6.1). It is checked; clients here keep none. */
final class NewSessionTicket {
  /** RFC 9001 §4.6.1: in QUIC flow control bounds early data, and this value says so. */
  private static final long QUIC_MAX_EARLY_DATA = 0xffff_ffffL;

  private NewSessionTicket() {}

  static void read(HandshakeReader body) throws TlsAlertException {
    body.u32(); // ticket_lifetime
    body.u32(); // ticket_age_add
    body.vector8(0); // ticket_nonce
    body.vector16(1); // ticket
    Extensions extensions = Extensions.read(body.vector16(0));
    body.finish();
    extensions.requireLegal(Place.NEW_SESSION_TICKET, EnumSet.noneOf(ExtensionType.class));
    HandshakeReader earlyData = extensions.value(ExtensionType.EARLY_DATA);
    if (earlyData != null) {
      long maxBytes = earlyData.u32();
      earlyData.finish();
      if (maxBytes != QUIC_MAX_EARLY_DATA) {
        throw new TlsAlertException(
            AlertDescription.ILLEGAL_PARAMETER, "max_early_data_size is " + maxBytes);
      }
    }
  }
}
