package dev.memux.netty;

import static java.util.Objects.requireNonNullElse;

import dev.memux.tls.CipherSuite;
import dev.memux.tls.ClientCertificates;
import dev.memux.tls.EarlyData;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * TLS for TCP, by the JDK or, where netty-tcnative is on the class path, by OpenSSL: TLS 1.3 as
 * over QUIC, with the same certificates, trust, names and application protocols. Key logs, session
 * caches and early data are not for it: the library keeps sessions by itself. Immutable.
 */
public final class TcpTls {
  /** Sessions that are remembered for clients that cannot keep a ticket themselves. */
  private static final int SESSION_CACHE_SIZE = 10_000;

  private static final int SESSION_SECONDS = 3_600;

  private final SslContext context;
  private final String[] groups;

  private TcpTls(SslContext context, List<NamedGroup> groups) {
    this.context = context;
    this.groups = groups.stream().map(TcpTls::jdkName).toArray(String[]::new);
  }

  /**
   * Presents what fits the client.
   *
   * @param applicationProtocols over TCP, in place of the configuration's, which are QUIC's
   * @throws IllegalArgumentException if the library cannot work with these settings
   */
  public static TcpTls server(TlsServerConfig config, List<String> applicationProtocols) {
    SslContextBuilder builder =
        SslContextBuilder.forServer(CredentialsKeyManager.ofServer(config))
            .clientAuth(clientAuth(config.clientCertificates()));
    if (config.clientTrustManager() != null) {
      builder.trustManager(config.clientTrustManager());
    }
    return build(builder, config.cipherSuites(), applicationProtocols, config.groups(), true);
  }

  /**
   * Trusts whom the configuration trusts, for the name that each connection asks for.
   *
   * @param applicationProtocols over TCP, in place of the configuration's, which are QUIC's
   * @throws IllegalArgumentException if the library cannot work with these settings
   */
  static TcpTls client(TlsClientConfig config, List<String> applicationProtocols) {
    SslContextBuilder builder = SslContextBuilder.forClient().trustManager(config.trustManager());
    if (!config.credentials().isEmpty()) {
      builder.keyManager(CredentialsKeyManager.ofClient(config.credentials()));
    }
    return build(builder, config.cipherSuites(), applicationProtocols, config.groups(), false);
  }

  private static TcpTls build(
      SslContextBuilder builder,
      List<CipherSuite> suites,
      List<String> applicationProtocols,
      List<NamedGroup> groups,
      boolean server) {
    boolean openSsl = OpenSsl.isAvailable();
    try {
      SslContext context =
          builder
              .sslProvider(openSsl ? SslProvider.OPENSSL : SslProvider.JDK)
              // As over QUIC. TLS 1.2 would bring renegotiation and suites that RFC 9113 §9.2
              // forbids.
              .protocols("TLSv1.3")
              .ciphers(suites.stream().map(CipherSuite::name).toList())
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      Protocol.ALPN,
                      server && !openSsl
                          ? SelectorFailureBehavior.FATAL_ALERT
                          : SelectorFailureBehavior.NO_ADVERTISE,
                      SelectedListenerFailureBehavior.ACCEPT,
                      applicationProtocols))
              .sessionCacheSize(SESSION_CACHE_SIZE)
              .sessionTimeout(SESSION_SECONDS)
              .build();
      return new TcpTls(context, groups);
    } catch (SSLException e) {
      throw new IllegalArgumentException("TLS over TCP cannot use these settings", e);
    }
  }

  private static ClientAuth clientAuth(ClientCertificates policy) {
    return switch (policy) {
      case NONE -> ClientAuth.NONE;
      case OPTIONAL -> ClientAuth.OPTIONAL;
      case REQUIRED -> ClientAuth.REQUIRE;
    };
  }

  private static String jdkName(NamedGroup group) {
    return switch (group) {
      case X25519MLKEM768 -> "X25519MLKEM768"; // ignored where the JDK has it not yet
      case X25519 -> "x25519";
      case SECP256R1 -> "secp256r1";
    };
  }

  /** For one accepted connection. */
  public SslHandler newHandler(ByteBufAllocator allocator) {
    return withGroups(context.newHandler(allocator));
  }

  /**
   * For one connection to a server.
   *
   * @param serverName a host name or an address, which the certificate must be for
   */
  public SslHandler newHandler(ByteBufAllocator allocator, String serverName, int port) {
    SslHandler handler = withGroups(context.newHandler(allocator, serverName, port));
    if (!isAddress(serverName)) {
      // RFC 6066 §3. The JDK by itself sends no name without a dot, such as localhost.
      SSLParameters parameters = handler.engine().getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(serverName)));
      handler.engine().setSSLParameters(parameters);
    }
    return handler;
  }

  private SslHandler withGroups(SslHandler handler) {
    SSLParameters parameters = handler.engine().getSSLParameters();
    parameters.setNamedGroups(groups);
    handler.engine().setSSLParameters(parameters);
    return handler;
  }

  private static boolean isAddress(String name) {
    return NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name);
  }

  /**
   * What a completed handshake agreed on, as far as the library tells; the application protocol by
   * its name over QUIC.
   *
   * @param serverName what a client asked for; null on a server, which learns it from the client
   */
  static TlsSession session(SslHandler handler, @Nullable String serverName) {
    SSLSession session = handler.engine().getSession();
    return new TlsSession(
        QmuxAlpn.protocol(requireNonNullElse(handler.applicationProtocol(), "")),
        CipherSuite.valueOf(session.getCipherSuite()),
        null,
        serverName == null ? requestedName(session) : serverName,
        peerCertificates(session),
        false,
        EarlyData.NONE);
  }

  private static @Nullable String requestedName(SSLSession session) {
    return session instanceof ExtendedSSLSession extended
        ? CredentialsKeyManager.hostName(extended)
        : null;
  }

  private static List<X509Certificate> peerCertificates(SSLSession session) {
    try {
      Certificate[] presented = session.getPeerCertificates();
      return Arrays.stream(presented).map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException e) {
      return List.of(); // it presented none
    }
  }
}
