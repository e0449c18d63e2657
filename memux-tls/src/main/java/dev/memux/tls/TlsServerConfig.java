package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How a server shakes hands. Immutable; share one among all connections. A handshake keeps to the
 * configuration that it began with, so certificates are renewed without a break by giving another
 * configuration to the {@link TlsServer}s made from then on.
 */
public final class TlsServerConfig {
  private final List<TlsCredentials> credentials;
  private final HostCredentials hosts;
  private final List<String> applicationProtocols;
  private final List<CipherSuite> cipherSuites;
  private final List<NamedGroup> groups;
  private final ClientCertificates clientCertificates;
  private final @Nullable CertificateTrust clientTrust;
  private final @Nullable TicketKeys ticketKeys;
  private final @Nullable StrikeRegister strikeRegister;
  private final byte[] applicationSettings;
  private final @Nullable KeyLog keyLog;

  private TlsServerConfig(Builder builder) {
    if (builder.credentials.isEmpty()) {
      throw new IllegalArgumentException("a server needs credentials");
    }
    credentials = builder.credentials;
    hosts = new HostCredentials(builder.hosts, credentials, builder.refusesUnknownNames);
    applicationProtocols = Settings.applicationProtocols(builder.applicationProtocols);
    cipherSuites = Settings.distinct("cipher suites", builder.cipherSuites);
    groups = Settings.distinct("groups", builder.groups);
    clientCertificates = builder.clientCertificates;
    clientTrust = builder.clientTrust;
    ticketKeys = builder.ticketKeys;
    strikeRegister = builder.strikeRegister;
    applicationSettings = builder.applicationSettings;
    if (strikeRegister != null && ticketKeys == null) {
      throw new IllegalArgumentException("early data without ticket keys");
    }
    keyLog = builder.keyLog;
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * Certificates with their keys, for clients that name no host or one without credentials of its
   * own; the first that the client can verify is presented.
   */
  public List<TlsCredentials> credentials() {
    return credentials;
  }

  /**
   * The certificates among which one is presented to a client that asks for this name.
   *
   * @param serverName by SNI (RFC 6066 §3); null: none
   * @throws TlsAlertException unrecognized_name, if unknown names are refused
   */
  public List<TlsCredentials> credentialsFor(@Nullable String serverName) throws TlsAlertException {
    return hosts.match(serverName).credentials();
  }

  /**
   * Every set of certificates that clients may be shown, under whatever name: those of {@link
   * #credentials} first.
   */
  public List<TlsCredentials> allCredentials() {
    return hosts.all();
  }

  /** Accepted by ALPN, the preferred one first. */
  public List<String> applicationProtocols() {
    return applicationProtocols;
  }

  /** Accepted, the preferred one first. */
  public List<CipherSuite> cipherSuites() {
    return cipherSuites;
  }

  /** Accepted, the preferred one first. */
  public List<NamedGroup> groups() {
    return groups;
  }

  /** Whether clients are asked for certificates. */
  public ClientCertificates clientCertificates() {
    return clientCertificates;
  }

  /** What encrypts session tickets, or null: sessions are not resumed. */
  public @Nullable TicketKeys ticketKeys() {
    return ticketKeys;
  }

  /** What refuses early data that is replayed, or null: no early data is taken. */
  public @Nullable StrikeRegister strikeRegister() {
    return strikeRegister;
  }

  /** What early data relies on besides transport parameters. */
  byte[] applicationSettings() {
    return applicationSettings;
  }

  /** Where to log secrets, or null: nowhere. */
  public @Nullable KeyLog keyLog() {
    return keyLog;
  }

  /** Who decides on client certificates; null: they are not asked for. */
  public @Nullable X509ExtendedTrustManager clientTrustManager() {
    return clientTrust == null ? null : clientTrust.trustManager();
  }

  /** Who decides on client certificates; null: they are not asked for. */
  @Nullable CertificateTrust clientTrust() {
    return clientTrust;
  }

  HostCredentials hosts() {
    return hosts;
  }

  /** Collects settings; credentials and application protocols have no defaults. */
  public static final class Builder {
    private List<TlsCredentials> credentials = List.of();
    private final Map<String, List<TlsCredentials>> hosts = new HashMap<>();
    private boolean refusesUnknownNames;
    private List<String> applicationProtocols = List.of();
    private List<CipherSuite> cipherSuites = List.of(CipherSuite.values());
    private List<NamedGroup> groups = List.of(NamedGroup.values());
    private ClientCertificates clientCertificates = ClientCertificates.NONE;
    private @Nullable CertificateTrust clientTrust;
    private @Nullable TicketKeys ticketKeys;
    private @Nullable StrikeRegister strikeRegister;
    private byte[] applicationSettings = {};
    private @Nullable KeyLog keyLog;

    private Builder() {}

    /**
     * Certificates with their keys, the preferred one first, for clients that name no host or one
     * without credentials of its own.
     */
    public Builder credentials(TlsCredentials... credentials) {
      this.credentials = List.of(credentials);
      return this;
    }

    /**
     * Certificates with their keys, the preferred one first, for clients that name this host by SNI
     * (RFC 6066 §3).
     *
     * @param hostName a host name, or {@code *.} and a host name for all names with one label more;
     *     an exact name goes before a wildcard
     * @throws IllegalArgumentException if it is neither, or has credentials already, or if there
     *     are no credentials
     */
    public Builder credentialsFor(String hostName, TlsCredentials... credentials) {
      if (credentials.length == 0) {
        throw new IllegalArgumentException("no credentials for " + hostName);
      }
      if (hosts.putIfAbsent(HostCredentials.key(hostName), List.of(credentials)) != null) {
        throw new IllegalArgumentException("two sets of credentials for " + hostName);
      }
      return this;
    }

    /**
     * Refuses clients that name a host without credentials of its own (unrecognized_name); default:
     * they are shown the certificate for clients that name none, and decide.
     */
    public Builder refuseUnknownNames() {
      refusesUnknownNames = true;
      return this;
    }

    /** Names for ALPN, the preferred one first; QUIC needs at least one (RFC 9001 §8.1). */
    public Builder applicationProtocols(String... names) {
      applicationProtocols = List.of(names);
      return this;
    }

    /** Suites to accept, the preferred one first; default: all, AES-128 first. */
    public Builder cipherSuites(CipherSuite... suites) {
      cipherSuites = List.of(suites);
      return this;
    }

    /** Groups to accept, the preferred one first; default: all, X25519MLKEM768 first. */
    public Builder groups(NamedGroup... groups) {
      this.groups = List.of(groups);
      return this;
    }

    /**
     * Asks clients for certificates, which must lead to one of these authorities and be good for
     * clients; default: they are not asked. Whether a client may do what it wants is for the
     * application to decide, by {@link TlsSession#peerCertificates}.
     */
    public Builder clientCertificates(
        ClientCertificates policy, Collection<X509Certificate> authorities) {
      return clientCertificates(policy, CertificateTrust.of(authorities));
    }

    /** Asks clients for certificates, of which {@code trustManager} decides. */
    public Builder clientCertificates(
        ClientCertificates policy, X509ExtendedTrustManager trustManager) {
      return clientCertificates(policy, CertificateTrust.of(trustManager));
    }

    private Builder clientCertificates(ClientCertificates policy, CertificateTrust trust) {
      clientCertificates = policy;
      clientTrust = policy == ClientCertificates.NONE ? null : trust;
      return this;
    }

    /**
     * Gives clients tickets and resumes sessions from them, if name, application protocol and
     * certificate are still the same (RFC 8446 §2.2); default: not.
     */
    public Builder ticketKeys(TicketKeys keys) {
      ticketKeys = keys;
      return this;
    }

    /**
     * Takes early data (0-RTT) of clients that resume (RFC 8446 §2.3); default: not. The register
     * catches replays that reach this process, not what a client itself sends again after a
     * refusal; so the application still has to act on early data only if that does no harm twice
     * (RFC 9001 §9.2).
     *
     * @param applicationSettings what the application promises to clients that remember it, such as
     *     HTTP/3's SETTINGS; if it changes, tickets from before bring no early data
     */
    public Builder earlyData(StrikeRegister register, byte[] applicationSettings) {
      this.strikeRegister = register;
      this.applicationSettings = applicationSettings.clone();
      return this;
    }

    /** Logs every connection's secrets; default: none. */
    public Builder keyLog(KeyLog keyLog) {
      this.keyLog = keyLog;
      return this;
    }

    /**
     * @throws IllegalArgumentException if something is missing or does not fit together
     */
    public TlsServerConfig build() {
      return new TlsServerConfig(this);
    }
  }
}
