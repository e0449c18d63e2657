package dev.memux.tls;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a server's tickets for one connection will hold (RFC 8446 §4.6.1).
 *
 * @param quicVersion of the connection
 * @param credentialsHash of the certificate that was shown, on this connection or the first
 * @param earlyDataTerms null: no early data
 * @param resumedAuthenticatedMillis when the resumed session began; null: this one is not resumed
 */
record TicketIssue(
    TicketKeys keys,
    CipherSuite suite,
    String applicationProtocol,
    int quicVersion,
    @Nullable String serverName,
    byte[] credentialsHash,
    @Nullable EarlyDataTerms earlyDataTerms,
    @Nullable Long resumedAuthenticatedMillis) {
  /** For two connections side by side; a resumed session replaces the one that was used up. */
  static final int TICKETS_AFTER_FULL_HANDSHAKE = 2;

  private static final int AGE_ADD_BYTES = 4;
  private static final byte[] NO_EARLY_DATA = {};

  /** Null: the client cannot use any, or the server gives none. */
  static @Nullable TicketIssue of(
      TlsServerConfig config,
      ClientHello hello,
      ServerChoice choice,
      int quicVersion,
      @Nullable Signer signer,
      @Nullable TicketChoice resumed,
      @Nullable EarlyDataTerms earlyDataTerms) {
    TicketKeys keys = config.ticketKeys();
    if (keys == null || !hello.resumesWithKeyExchange()) {
      return null; // RFC 8446 §4.2.9
    }
    return new TicketIssue(
        keys,
        choice.suite(),
        choice.applicationProtocol(),
        quicVersion,
        TicketChoice.lowerCase(hello.serverName()),
        resumed == null
            ? requireNonNull(signer).credentials().hash()
            : resumed.ticket().credentialsHash(),
        earlyDataTerms,
        resumed == null ? null : resumed.ticket().authenticatedMillis());
  }

  /** The NewSessionTicket messages; perhaps none. */
  List<byte[]> write(
      ResumptionSecret secret, List<X509Certificate> clientCertificates, SecureRandom random) {
    List<byte[]> messages = new ArrayList<>();
    int count = resumedAuthenticatedMillis == null ? TICKETS_AFTER_FULL_HANDSHAKE : 1;
    for (byte i = 0; i < count; i++) {
      byte[] nonce = {i};
      long ageAdd = newAgeAdd(random);
      long nowMillis = keys.nowMillis();
      Ticket ticket =
          new Ticket(
              suite,
              secret.preSharedKey(nonce),
              applicationProtocol,
              quicVersion,
              serverName,
              credentialsHash,
              resumedAuthenticatedMillis == null ? nowMillis : resumedAuthenticatedMillis,
              nowMillis,
              ageAdd,
              earlyDataTerms == null ? NO_EARLY_DATA : earlyDataTerms.hash(),
              clientCertificates);
      byte[] content = ticket.encode();
      // RFC 8446 §4.6.1: resumption must not put off for ever the next proof of who is who.
      long lifetimeSeconds = keys.remainingMillis(ticket) / 1000;
      if (content != null && lifetimeSeconds > 0) {
        messages.add(
            new NewSessionTicket(
                    lifetimeSeconds, ageAdd, nonce, keys.seal(content), earlyDataTerms != null)
                .write());
      }
    }
    return messages;
  }

  private static long newAgeAdd(SecureRandom random) {
    byte[] bytes = new byte[AGE_ADD_BYTES];
    random.nextBytes(bytes);
    long value = 0;
    for (byte b : bytes) {
      value = value << 8 | (b & 0xff);
    }
    return value;
  }
}
