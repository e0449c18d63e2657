package dev.memux.tls;

import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * A handshake in progress as far as an {@link javax.net.ssl.X509ExtendedTrustManager} looks at one:
 * the peer's name and certificates, the protocol and the signature algorithms.
 */
final class TrustCheckSession extends ExtendedSSLSession {
  private static final int RECORD_BYTES = 16 * 1024; // RFC 8446 §5.1; there are no records here

  private final List<X509Certificate> chain;
  private final @Nullable ServerName serverName;
  private final CipherSuite suite;
  private final long createdMillis = System.currentTimeMillis();

  /**
   * @param serverName that the chain must have; null: it is a client's
   */
  TrustCheckSession(
      List<X509Certificate> chain, @Nullable ServerName serverName, CipherSuite suite) {
    this.chain = chain;
    this.serverName = serverName;
    this.suite = suite;
  }

  boolean isOfServer() {
    return serverName != null;
  }

  @Override
  public @Nullable String getPeerHost() {
    return serverName == null ? null : serverName.name();
  }

  @Override
  public int getPeerPort() {
    return -1; // unknown
  }

  @Override
  public List<SNIServerName> getRequestedServerNames() {
    return serverName == null ? List.of() : serverName.forSni();
  }

  @Override
  public Certificate[] getPeerCertificates() {
    return chain.toArray(Certificate[]::new);
  }

  @Override
  public Principal getPeerPrincipal() {
    return chain.getFirst().getSubjectX500Principal();
  }

  @Override
  public String getProtocol() {
    return "TLSv1.3";
  }

  @Override
  public String getCipherSuite() {
    return suite.name();
  }

  @Override
  public String[] getLocalSupportedSignatureAlgorithms() {
    return Arrays.stream(SignatureScheme.values())
        .map(SignatureScheme::algorithm)
        .distinct()
        .toArray(String[]::new);
  }

  @Override
  public String[] getPeerSupportedSignatureAlgorithms() {
    return new String[0];
  }

  @Override
  public List<byte[]> getStatusResponses() {
    return List.of(); // stapled responses are not asked for
  }

  @Override
  public byte[] getId() {
    return new byte[0];
  }

  @Override
  public @Nullable SSLSessionContext getSessionContext() {
    return null;
  }

  @Override
  public long getCreationTime() {
    return createdMillis;
  }

  @Override
  public long getLastAccessedTime() {
    return createdMillis;
  }

  @Override
  public void invalidate() {}

  @Override
  public boolean isValid() {
    return true;
  }

  @Override
  public void putValue(String name, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public @Nullable Object getValue(String name) {
    return null;
  }

  @Override
  public void removeValue(String name) {}

  @Override
  public String[] getValueNames() {
    return new String[0];
  }

  @Override
  public Certificate @Nullable [] getLocalCertificates() {
    return null;
  }

  @Override
  public @Nullable Principal getLocalPrincipal() {
    return null;
  }

  @Override
  public int getPacketBufferSize() {
    return RECORD_BYTES;
  }

  @Override
  public int getApplicationBufferSize() {
    return RECORD_BYTES;
  }
}
