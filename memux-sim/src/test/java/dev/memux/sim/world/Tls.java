package dev.memux.sim.world;

import dev.memux.sim.quic.SimulatedIdentity;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;

/** TLS for simulated worlds: a certificate of no value, and every secret told to the tap. */
final class Tls {
  static final String SERVER_NAME = SimulatedIdentity.SERVER_NAME;
  private static final String PROTOCOL = "sim";
  private static final X509Certificate CERTIFICATE = SimulatedIdentity.certificate();
  private static final PrivateKey KEY = SimulatedIdentity.key();

  private Tls() {}

  /** The time of day, in which the certificate is good; sessions do not age in a world. */
  static final InstantSource CLOCK =
      InstantSource.fixed(CERTIFICATE.getNotBefore().toInstant().plusSeconds(1));

  static TlsServerConfig.Builder server(WorldPlan.TlsPlan plan) {
    List<X509Certificate> chain = Collections.nCopies(plan.certificates(), CERTIFICATE);
    return TlsServerConfig.builder()
        .credentials(new TlsCredentials(chain, KEY))
        .applicationProtocols(PROTOCOL)
        .groups(plan.serverGroup());
  }

  static TlsClientConfig.Builder client(WorldPlan.TlsPlan plan) {
    return TlsClientConfig.builder()
        .applicationProtocols(PROTOCOL)
        .cipherSuites(plan.suite())
        .insecureTrustAny();
  }
}
