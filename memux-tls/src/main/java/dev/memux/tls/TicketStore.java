package dev.memux.tls;

import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One client's way to the cache: takes a session to resume, and keeps the new tickets. */
final class TicketStore {
  /** More than servers send; each costs a derivation, and older ones are lost anyway. */
  static final int MAX_TICKETS = 8;

  /** It comes back in our ClientHello, which should not fill more packets than it must. */
  static final int MAX_TICKET_BYTES = 8 * 1024;

  private final TlsClientConfig config;
  private final SessionCache cache;
  private final ServerName serverName;
  private final String key;
  private @Nullable TlsSession session;
  private @Nullable ResumptionSecret secret;
  private int quicVersion;
  private byte[] transportParameters = {};
  private int added;

  /** Null: the configuration keeps none. */
  static @Nullable TicketStore of(TlsClientConfig config, ServerName serverName) {
    SessionCache cache = config.sessionCache();
    return cache == null ? null : new TicketStore(config, cache, serverName);
  }

  private TicketStore(TlsClientConfig config, SessionCache cache, ServerName serverName) {
    this.config = config;
    this.cache = cache;
    this.serverName = serverName;
    this.key = serverName.name().toLowerCase(Locale.ROOT);
  }

  /**
   * A session to offer, or null. It is used up: RFC 8446 §C.4, tickets used twice can be linked.
   */
  @Nullable ResumableSession take() {
    ResumableSession found = cache.take(key);
    return found != null && found.isUsable(config, serverName, config.clock().millis())
        ? found
        : null;
  }

  /**
   * Tickets may come from now on.
   *
   * @param version of QUIC
   * @param serverParameters its transport parameters, encoded
   */
  void onConnected(
      TlsSession connected,
      ResumptionSecret resumptionSecret,
      int version,
      byte[] serverParameters) {
    session = connected;
    secret = resumptionSecret;
    quicVersion = version;
    transportParameters = serverParameters;
  }

  void add(NewSessionTicket ticket) {
    // RFC 8446 §4.6.1: a lifetime of 0 means that it is to be discarded at once.
    if (added == MAX_TICKETS
        || ticket.lifetimeSeconds() == 0
        || ticket.ticket().length > MAX_TICKET_BYTES) {
      return;
    }
    added++;
    byte[] preSharedKey = Objects.requireNonNull(secret).preSharedKey(ticket.nonce());
    cache.add(
        key,
        new ResumableSession(
            Objects.requireNonNull(session),
            preSharedKey,
            ticket,
            config.clock().millis(),
            quicVersion,
            transportParameters,
            config.credentials(),
            new TrustVerdict(config.trust(), serverName)));
  }
}
