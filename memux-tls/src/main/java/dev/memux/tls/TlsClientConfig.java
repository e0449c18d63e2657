package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** How a client shakes hands. Immutable; share one among all connections. */
public final class TlsClientConfig {
  private final List<String> applicationProtocols;
  private final List<CipherSuite> cipherSuites;
  private final List<NamedGroup> groups;
  private final List<NamedGroup> keyShareGroups;
  private final CertificateTrust trust;
  private final List<TlsCredentials> credentials;
  private final @Nullable SessionCache sessionCache;
  private final InstantSource clock;
  private final boolean offersEarlyData;
  private final @Nullable KeyLog keyLog;

  private TlsClientConfig(Builder builder) {
    applicationProtocols = Settings.applicationProtocols(builder.applicationProtocols);
    cipherSuites = Settings.distinct("cipher suites", builder.cipherSuites);
    groups = Settings.distinct("groups", builder.groups);
    keyShareGroups =
        builder.keyShareGroups == null
            ? defaultKeyShareGroups(groups)
            : Settings.distinct("key share groups", builder.keyShareGroups);
    if (!groups.containsAll(keyShareGroups)) {
      throw new IllegalArgumentException("a key share for a group that is not offered");
    }
    trust = builder.trust == null ? CertificateTrust.jdkDefault() : builder.trust;
    credentials = builder.credentials;
    sessionCache = builder.sessionCache;
    clock = builder.clock;
    offersEarlyData = builder.offersEarlyData;
    if (offersEarlyData && sessionCache == null) {
      throw new IllegalArgumentException("early data without a session cache");
    }
    keyLog = builder.keyLog;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Offered by ALPN, the preferred one first. */
  public List<String> applicationProtocols() {
    return applicationProtocols;
  }

  /** Offered, the preferred one first. */
  public List<CipherSuite> cipherSuites() {
    return cipherSuites;
  }

  /** Offered, the preferred one first. */
  public List<NamedGroup> groups() {
    return groups;
  }

  /** Groups for which the first ClientHello already carries a share. */
  public List<NamedGroup> keyShareGroups() {
    return keyShareGroups;
  }

  /** Certificates for servers that ask for one, the preferred one first; perhaps none. */
  public List<TlsCredentials> credentials() {
    return credentials;
  }

  /** Where sessions to resume are kept, or null: none are. */
  public @Nullable SessionCache sessionCache() {
    return sessionCache;
  }

  /** Whether early data is sent to servers that have allowed it. */
  public boolean offersEarlyData() {
    return offersEarlyData;
  }

  /** By which the age of sessions is measured. */
  InstantSource clock() {
    return clock;
  }

  /** Where to log secrets, or null: nowhere. */
  public @Nullable KeyLog keyLog() {
    return keyLog;
  }

  /**
   * Who decides whether a server's certificates are good for its name, for a TLS of another make
   * that has to decide alike. Its engine must demand HTTPS endpoint identification.
   */
  public X509ExtendedTrustManager trustManager() {
    return trust.trustManager();
  }

  CertificateTrust trust() {
    return trust;
  }

  /** Not every server knows the hybrid group yet, and X25519's share adds only 36 bytes to it. */
  private static List<NamedGroup> defaultKeyShareGroups(List<NamedGroup> groups) {
    NamedGroup first = groups.getFirst();
    return first == NamedGroup.X25519MLKEM768 && groups.contains(NamedGroup.X25519)
        ? List.of(first, NamedGroup.X25519)
        : List.of(first);
  }

  /** Collects settings; all have defaults but the application protocols. */
  public static final class Builder {
    private List<String> applicationProtocols = List.of();
    private List<CipherSuite> cipherSuites = List.of(CipherSuite.values());
    private List<NamedGroup> groups = List.of(NamedGroup.values());
    private @Nullable List<NamedGroup> keyShareGroups;
    private @Nullable CertificateTrust trust;
    private List<TlsCredentials> credentials = List.of();
    private @Nullable SessionCache sessionCache;
    private InstantSource clock = InstantSource.system();
    private boolean offersEarlyData;
    private @Nullable KeyLog keyLog;

    private Builder() {}

    /** Names for ALPN, the preferred one first; QUIC needs at least one (RFC 9001 §8.1). */
    public Builder applicationProtocols(String... names) {
      applicationProtocols = List.of(names);
      return this;
    }

    /** Suites to offer, the preferred one first; default: all, AES-128 first. */
    public Builder cipherSuites(CipherSuite... suites) {
      cipherSuites = List.of(suites);
      return this;
    }

    /** Groups to offer, the preferred one first; default: all, X25519MLKEM768 first. */
    public Builder groups(NamedGroup... groups) {
      this.groups = List.of(groups);
      return this;
    }

    /**
     * Groups to send a key share for at once; default: the preferred one, and X25519 with
     * X25519MLKEM768 if both are offered. Another group costs a round trip (HelloRetryRequest) if
     * the server takes it without having its share.
     */
    public Builder keyShareGroups(NamedGroup... groups) {
      keyShareGroups = List.of(groups);
      return this;
    }

    /**
     * Who decides whether a server's certificates are good for its name. It is asked with an engine
     * whose parameters demand HTTPS endpoint identification, as the JDK's own does.
     */
    public Builder trustManager(X509ExtendedTrustManager trustManager) {
      return trust(CertificateTrust.of(trustManager));
    }

    /** Trusts servers whose chain leads to one of these and whose certificate has the name. */
    public Builder trustedCertificates(Collection<X509Certificate> authorities) {
      return trust(CertificateTrust.of(authorities));
    }

    /** Takes any certificate of any name: anyone on the path can pose as the server. */
    public Builder insecureTrustAny() {
      return trust(CertificateTrust.any());
    }

    Builder trust(CertificateTrust value) {
      trust = value;
      return this;
    }

    /**
     * Certificates with their keys for servers that ask for one, the preferred one first; default:
     * none. The first that the server can verify is presented.
     */
    public Builder credentials(TlsCredentials... credentials) {
      this.credentials = List.of(credentials);
      return this;
    }

    /**
     * Keeps sessions and resumes them (RFC 8446 §2.2); default: not.
     *
     * @param clock by which the age of sessions is measured
     */
    public Builder sessionCache(SessionCache cache, InstantSource clock) {
      this.sessionCache = cache;
      this.clock = clock;
      return this;
    }

    /**
     * Offers early data (0-RTT) with sessions whose server has allowed it (RFC 8446 §2.3); default:
     * not. What is sent before the handshake is complete can be replayed by an attacker, so the
     * application must choose what that is.
     */
    public Builder offerEarlyData() {
      offersEarlyData = true;
      return this;
    }

    /** Logs every connection's secrets; default: none. */
    public Builder keyLog(KeyLog keyLog) {
      this.keyLog = keyLog;
      return this;
    }

    /**
     * @throws IllegalArgumentException if the settings do not fit together
     * @throws IllegalStateException if the JDK's trust store is wanted and cannot be loaded
     */
    public TlsClientConfig build() {
      return new TlsClientConfig(this);
    }
  }
}
