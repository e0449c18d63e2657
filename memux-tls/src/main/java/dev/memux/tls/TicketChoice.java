package dev.memux.tls;

import static java.util.Objects.requireNonNull;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The ticket from which a server resumes (RFC 8446 §4.2.11). A ticket that does not fit is no
 * fault: the handshake is a full one then. A ticket may come back any number of times, which gives
 * a thief nothing: without the key that belongs to it nobody can complete the handshake, and early
 * data is looked at once ({@link StrikeRegister}).
 *
 * @param index in the client's list
 */
record TicketChoice(int index, Ticket ticket) {
  /** Each costs a decryption, before anybody has proved anything. */
  static final int MAX_TRIED = 4;

  /**
   * The client's first that fits, or null.
   *
   * @param quicVersion in which the client has begun
   */
  static @Nullable TicketChoice of(
      TlsServerConfig config, ClientHello hello, ServerChoice choice, int quicVersion) {
    TicketKeys keys = config.ticketKeys();
    PskOffer offer = hello.preSharedKeys();
    if (keys == null || offer == null || !hello.resumesWithKeyExchange()) {
      return null;
    }
    for (int i = 0; i < Math.min(MAX_TRIED, offer.tickets().size()); i++) {
      Ticket ticket = open(keys, offer.tickets().get(i));
      if (ticket != null
          && ticket.quicVersion() == quicVersion // RFC 9369 §5
          && fits(config, keys, ticket, hello, choice)) {
        return new TicketChoice(i, ticket);
      }
    }
    return null;
  }

  /**
   * Whether the client, if it has shown certificates, is still trusted; that may have changed. Only
   * for who has proved by the binder that the ticket is its own, as it costs building a path.
   */
  boolean hasTrustedClient(TlsServerConfig config, CipherSuite suite) {
    if (ticket.clientCertificates().isEmpty()) {
      return true;
    }
    try {
      requireNonNull(config.clientTrust()).checkClient(ticket.clientCertificates(), suite);
      return true;
    } catch (TlsAlertException e) {
      return false; // the full handshake will say so
    }
  }

  private static @Nullable Ticket open(TicketKeys keys, byte[] sealed) {
    byte[] content = keys.open(sealed);
    if (content == null) {
      return null;
    }
    try {
      return Ticket.decode(content);
    } catch (TlsAlertException e) {
      return null; // of another version of this program
    }
  }

  private static boolean fits(
      TlsServerConfig config,
      TicketKeys keys,
      Ticket ticket,
      ClientHello hello,
      ServerChoice choice) {
    // RFC 8446 §4.2.11: a key is bound to a hash.
    return ticket.suite().hashAlgorithm().equals(choice.suite().hashAlgorithm())
        && ticket.applicationProtocol().equals(choice.applicationProtocol())
        && Objects.equals(ticket.serverName(), lowerCase(hello.serverName()))
        && keys.remainingMillis(ticket) > 0
        && isShownStill(choice.credentials(), ticket, keys.nowMillis())
        && suitsPolicy(config.clientCertificates(), ticket.clientCertificates());
  }

  static @Nullable String lowerCase(@Nullable String name) {
    return name == null ? null : name.toLowerCase(Locale.ROOT);
  }

  /** A certificate that was replaced or has expired must not live on in tickets. */
  private static boolean isShownStill(
      List<TlsCredentials> credentials, Ticket ticket, long nowMillis) {
    for (TlsCredentials one : credentials) {
      X509Certificate certificate = one.chain().getFirst();
      if (Arrays.equals(one.hash(), ticket.credentialsHash())) {
        return nowMillis <= certificate.getNotAfter().toInstant().toEpochMilli();
      }
    }
    return false;
  }

  private static boolean suitsPolicy(
      ClientCertificates policy, List<X509Certificate> clientCertificates) {
    return switch (policy) {
      case NONE -> clientCertificates.isEmpty();
      case OPTIONAL -> true;
      case REQUIRED -> !clientCertificates.isEmpty();
    };
  }
}
