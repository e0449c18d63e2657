package dev.memux.netty;

import dev.memux.tls.TlsSession;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * A completed handshake for those who ask Netty's {@code QuicChannel} for an engine: application
 * protocol and session can be read, nothing can be done.
 */
final class TlsSessionView extends SSLEngine {
  private static final String PROTOCOL = "TLSv1.3";

  private final TlsSession session;
  private final boolean server;

  TlsSessionView(TlsSession session, boolean server) {
    this.session = session;
    this.server = server;
  }

  @Override
  public String getApplicationProtocol() {
    return session.applicationProtocol();
  }

  @Override
  public SSLSession getSession() {
    return new Session(session);
  }

  @Override
  public boolean getUseClientMode() {
    return !server;
  }

  @Override
  public SSLEngineResult.HandshakeStatus getHandshakeStatus() {
    return SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return getEnabledCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return new String[] {session.suite().name()};
  }

  @Override
  public String[] getSupportedProtocols() {
    return getEnabledProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return new String[] {PROTOCOL};
  }

  @Override
  public boolean isInboundDone() {
    return false;
  }

  @Override
  public boolean isOutboundDone() {
    return false;
  }

  @Override
  public boolean getNeedClientAuth() {
    return false;
  }

  @Override
  public boolean getWantClientAuth() {
    return false;
  }

  @Override
  public boolean getEnableSessionCreation() {
    return false;
  }

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return null;
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer target) {
    throw readOnly();
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int length) {
    throw readOnly();
  }

  @Override
  public void closeInbound() {
    throw readOnly();
  }

  @Override
  public void closeOutbound() {
    throw readOnly();
  }

  @Override
  public void beginHandshake() {
    throw readOnly();
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    throw readOnly();
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    throw readOnly();
  }

  @Override
  public void setUseClientMode(boolean mode) {
    throw readOnly();
  }

  @Override
  public void setNeedClientAuth(boolean need) {
    throw readOnly();
  }

  @Override
  public void setWantClientAuth(boolean want) {
    throw readOnly();
  }

  @Override
  public void setEnableSessionCreation(boolean flag) {
    throw readOnly();
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("TLS is part of the connection");
  }

  private static final class Session extends ExtendedSSLSession {
    private final TlsSession session;

    Session(TlsSession session) {
      this.session = session;
    }

    @Override
    public List<SNIServerName> getRequestedServerNames() {
      String name = session.serverName();
      return name == null ? List.of() : List.of(new SNIHostName(name));
    }

    @Override
    public Certificate[] getPeerCertificates() throws SSLPeerUnverifiedException {
      if (session.peerCertificates().isEmpty()) {
        throw new SSLPeerUnverifiedException("the peer presented no certificate");
      }
      return session.peerCertificates().toArray(Certificate[]::new);
    }

    @Override
    public Principal getPeerPrincipal() throws SSLPeerUnverifiedException {
      getPeerCertificates();
      return session.peerCertificates().getFirst().getSubjectX500Principal();
    }

    @Override
    public String getCipherSuite() {
      return session.suite().name();
    }

    @Override
    public String getProtocol() {
      return PROTOCOL;
    }

    @Override
    public byte[] getId() {
      return new byte[0];
    }

    @Override
    public boolean isValid() {
      return true;
    }

    @Override
    public long getCreationTime() {
      return 0;
    }

    @Override
    public long getLastAccessedTime() {
      return 0;
    }

    @Override
    public int getPeerPort() {
      return -1;
    }

    @Override
    public int getPacketBufferSize() {
      return 0;
    }

    @Override
    public int getApplicationBufferSize() {
      return 0;
    }

    @Override
    public String[] getValueNames() {
      return new String[0];
    }

    @Override
    public @Nullable String getPeerHost() {
      return session.serverName();
    }

    @Override
    public @Nullable Object getValue(String name) {
      return null;
    }

    @Override
    public @Nullable SSLSessionContext getSessionContext() {
      return null;
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
    public String[] getLocalSupportedSignatureAlgorithms() {
      return new String[0];
    }

    @Override
    public String[] getPeerSupportedSignatureAlgorithms() {
      return new String[0];
    }

    @Override
    public void invalidate() {
      throw readOnly();
    }

    @Override
    public void putValue(String name, Object value) {
      throw readOnly();
    }

    @Override
    public void removeValue(String name) {
      throw readOnly();
    }
  }
}
