package dev.memux.tls;

import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Tells an {@link javax.net.ssl.X509ExtendedTrustManager} what it asks an engine: the handshake's
 * session, and that a server's certificate must have its name. Host names are checked nowhere else
 * in the JDK's public API. It cannot shake hands.
 */
final class TrustCheckEngine extends SSLEngine {
  private final TrustCheckSession session;

  TrustCheckEngine(TrustCheckSession session) {
    super(session.getPeerHost(), session.getPeerPort());
    this.session = session;
  }

  @Override
  public SSLSession getHandshakeSession() {
    return session;
  }

  @Override
  public SSLSession getSession() {
    return session;
  }

  @Override
  public SSLParameters getSSLParameters() {
    SSLParameters parameters = new SSLParameters(getEnabledCipherSuites(), getEnabledProtocols());
    if (session.isOfServer()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 6125, RFC 9110 §4.3.4
    }
    parameters.setServerNames(session.getRequestedServerNames());
    return parameters;
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return getEnabledCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return new String[] {session.getCipherSuite()};
  }

  @Override
  public String[] getSupportedProtocols() {
    return getEnabledProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return new String[] {session.getProtocol()};
  }

  @Override
  public HandshakeStatus getHandshakeStatus() {
    return HandshakeStatus.NEED_TASK;
  }

  @Override
  public boolean getUseClientMode() {
    return session.isOfServer();
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
  public boolean isInboundDone() {
    return false;
  }

  @Override
  public boolean isOutboundDone() {
    return false;
  }

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return null;
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void closeInbound() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void closeOutbound() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void beginHandshake() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setUseClientMode(boolean mode) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setNeedClientAuth(boolean need) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setWantClientAuth(boolean want) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnableSessionCreation(boolean flag) {
    throw new UnsupportedOperationException();
  }
}
