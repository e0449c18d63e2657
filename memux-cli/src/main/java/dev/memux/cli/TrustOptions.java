package dev.memux.cli;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import dev.memux.http.Http3Service;
import dev.memux.tls.KeyLog;
import dev.memux.tls.Pem;
import dev.memux.tls.PemException;
import dev.memux.tls.SessionCache;
import dev.memux.tls.TlsClientConfig;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say whom to trust. */
final class TrustOptions {
  // The only names that the development certificate is for.
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "::1");

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "Trust the certificates in this PEM file instead of the JDK's.")
  private @Nullable Path authorities;

  @Option(
      names = {"-k", "--insecure"},
      description =
          "Accept any certificate. Anyone on the way can then read and change everything.")
  private boolean insecure;

  /** What the options amount to: sessions are resumed only under the same. */
  String key() {
    return insecure ? "any" : authorities == null ? "" : "only " + authorities.toAbsolutePath();
  }

  /** TLS settings for an HTTP/3 server of that name, to which clients come back. */
  TlsClientConfig forServer(
      String name, StateDirectory state, @Nullable KeyLog keyLog, SessionCache sessions) {
    return builder(name, Http3Service.ALPN, state, keyLog)
        .sessionCache(sessions, InstantSource.system())
        .offerEarlyData()
        .build();
  }

  /** TLS settings for a server of that name, whose sessions are resumed. */
  TlsClientConfig forServer(
      String name,
      String applicationProtocol,
      StateDirectory state,
      @Nullable KeyLog keyLog,
      SessionCache sessions) {
    return builder(name, applicationProtocol, state, keyLog)
        .sessionCache(sessions, InstantSource.system())
        .build();
  }

  /** TLS settings for a server of that name. */
  TlsClientConfig forServer(
      String name, String applicationProtocol, StateDirectory state, @Nullable KeyLog keyLog) {
    return builder(name, applicationProtocol, state, keyLog).build();
  }

  private TlsClientConfig.Builder builder(
      String name, String applicationProtocol, StateDirectory state, @Nullable KeyLog keyLog) {
    TlsClientConfig.Builder tls =
        TlsClientConfig.builder().applicationProtocols(applicationProtocol);
    if (keyLog != null) {
      tls.keyLog(keyLog);
    }
    if (insecure) {
      tls.insecureTrustAny();
    } else if (authorities != null) {
      tls.trustedCertificates(read(authorities));
    } else if (THIS_MACHINE.contains(name)) {
      X509Certificate development = DevelopmentCertificate.certificate(state);
      if (development != null) {
        tls.trustManager(EitherTrust.of(development));
      }
    }
    return tls;
  }

  private static List<X509Certificate> read(Path file) {
    try {
      return Pem.certificates(file);
    } catch (PemException e) {
      throw new CommandFailure(ExitCode.BAD_CA_FILE, "--cacert: " + e.getMessage());
    }
  }
}
