package dev.memux.tls;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a server shakes hands. Immutable; share one among all connections. */
public final class TlsServerConfig {
  private final List<TlsCredentials> credentials;
  private final List<String> applicationProtocols;
  private final List<CipherSuite> cipherSuites;
  private final List<NamedGroup> groups;
  private final @Nullable KeyLog keyLog;

  private TlsServerConfig(Builder builder) {
    if (builder.credentials.isEmpty()) {
      throw new IllegalArgumentException("a server needs credentials");
    }
    credentials = builder.credentials;
    applicationProtocols = Settings.applicationProtocols(builder.applicationProtocols);
    cipherSuites = Settings.distinct("cipher suites", builder.cipherSuites);
    groups = Settings.distinct("groups", builder.groups);
    keyLog = builder.keyLog;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Certificates with their keys; the first that the client can verify is presented. */
  public List<TlsCredentials> credentials() {
    return credentials;
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

  /** Where to log secrets, or null: nowhere. */
  public @Nullable KeyLog keyLog() {
    return keyLog;
  }

  /** Collects settings; credentials and application protocols have no defaults. */
  public static final class Builder {
    private List<TlsCredentials> credentials = List.of();
    private List<String> applicationProtocols = List.of();
    private List<CipherSuite> cipherSuites = List.of(CipherSuite.values());
    private List<NamedGroup> groups = List.of(NamedGroup.values());
    private @Nullable KeyLog keyLog;

    private Builder() {}

    /** Certificates with their keys, the preferred one first. */
    public Builder credentials(TlsCredentials... credentials) {
      this.credentials = List.of(credentials);
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
