package dev.memux.netty;

import dev.memux.tls.TlsAlertException;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents memux's credentials in handshakes of another TLS library, chosen as {@link
 * TlsServerConfig} says: by the name that the client asks for, then in their order. An alias is a
 * place in the list of all.
 */
final class CredentialsKeyManager extends X509ExtendedKeyManager {
  private final List<TlsCredentials> all;
  private final @Nullable TlsServerConfig server;

  private CredentialsKeyManager(List<TlsCredentials> all, @Nullable TlsServerConfig server) {
    this.all = all;
    this.server = server;
  }

  static CredentialsKeyManager ofServer(TlsServerConfig config) {
    return new CredentialsKeyManager(config.allCredentials(), config);
  }

  static CredentialsKeyManager ofClient(List<TlsCredentials> credentials) {
    return new CredentialsKeyManager(credentials, null);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    if (server == null) {
      return null;
    }
    try {
      return alias(server.credentialsFor(requestedName(engine)), keyType);
    } catch (TlsAlertException e) {
      return null; // the name is refused; the library has but one alert for that
    }
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    for (TlsCredentials each : all) {
      for (String keyType : keyTypes) {
        if (fits(each, keyType)) {
          return Integer.toString(all.indexOf(each));
        }
      }
    }
    return null;
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return of(alias).chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return of(alias).privateKey();
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    throw new UnsupportedOperationException("only for engines");
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    throw new UnsupportedOperationException("only for engines");
  }

  private static @Nullable String requestedName(SSLEngine engine) {
    return engine.getHandshakeSession() instanceof ExtendedSSLSession session
        ? hostName(session)
        : null;
  }

  /** The name in the ClientHello (RFC 6066 §3); null: none. */
  static @Nullable String hostName(ExtendedSSLSession session) {
    return session.getRequestedServerNames().stream()
        .filter(SNIHostName.class::isInstance)
        .map(name -> ((SNIHostName) name).getAsciiName())
        .findFirst()
        .orElse(null);
  }

  private TlsCredentials of(String alias) {
    return all.get(Integer.parseInt(alias));
  }

  private String[] aliases(String keyType) {
    return all.stream()
        .filter(each -> fits(each, keyType))
        .map(each -> Integer.toString(all.indexOf(each)))
        .toArray(String[]::new);
  }

  private @Nullable String alias(List<TlsCredentials> candidates, String keyType) {
    for (TlsCredentials each : candidates) {
      if (fits(each, keyType)) {
        return Integer.toString(all.indexOf(each));
      }
    }
    return null;
  }

  private static boolean fits(TlsCredentials credentials, String keyType) {
    return credentials.chain().getFirst().getPublicKey().getAlgorithm().equalsIgnoreCase(keyType);
  }
}
