package dev.memux.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A ticket that a server gave a client, with what belongs to it (RFC 8446 §4.6.1). It holds the
 * session's secret: whoever reads it can pose as the client or the server. Immutable.
 */
public final class ResumableSession {
  private static final long MAX_LIFETIME_MILLIS = Duration.ofDays(7).toMillis();
  private static final int FORMAT = 2;

  private final CipherSuite suite;
  private final byte[] preSharedKey;
  private final NewSessionTicket ticket;
  private final long receivedMillis;
  private final String applicationProtocol;
  private final int quicVersion;
  private final byte[] transportParameters;
  private final List<X509Certificate> peerCertificates;
  private final byte[] credentialsHashes;
  private final @Nullable TrustVerdict verdict;

  /**
   * @param session in which the ticket came
   * @param quicVersion of the connection in which it came
   * @param transportParameters of the server then, encoded
   * @param credentials that the client was ready to present then
   * @param verdict on the server's certificates
   */
  ResumableSession(
      TlsSession session,
      byte[] preSharedKey,
      NewSessionTicket ticket,
      long receivedMillis,
      int quicVersion,
      byte[] transportParameters,
      List<TlsCredentials> credentials,
      TrustVerdict verdict) {
    this(
        session.suite(),
        preSharedKey,
        ticket,
        receivedMillis,
        session.applicationProtocol(),
        quicVersion,
        transportParameters,
        session.peerCertificates(),
        hashes(credentials),
        verdict);
  }

  private ResumableSession(
      CipherSuite suite,
      byte[] preSharedKey,
      NewSessionTicket ticket,
      long receivedMillis,
      String applicationProtocol,
      int quicVersion,
      byte[] transportParameters,
      List<X509Certificate> peerCertificates,
      byte[] credentialsHashes,
      @Nullable TrustVerdict verdict) {
    this.suite = suite;
    this.preSharedKey = preSharedKey;
    this.ticket = ticket;
    this.receivedMillis = receivedMillis;
    this.applicationProtocol = applicationProtocol;
    this.quicVersion = quicVersion;
    this.transportParameters = transportParameters;
    this.peerCertificates = peerCertificates;
    this.credentialsHashes = credentialsHashes;
    this.verdict = verdict;
  }

  /** For caches that outlive the program; with its secret, so it must be kept from others. */
  public byte[] encode() {
    HandshakeWriter w = new HandshakeWriter();
    w.u8(FORMAT).u16(suite.code()).vector8(preSharedKey);
    w.vector24(ticket.write());
    w.u32(receivedMillis >>> 32).u32(receivedMillis);
    w.vector8(applicationProtocol.getBytes(StandardCharsets.ISO_8859_1));
    w.u32(quicVersion & 0xffff_ffffL);
    w.vector16(transportParameters).vector16(credentialsHashes);
    w.vector24(CertificateMessage.write(peerCertificates));
    return w.finish();
  }

  /** What {@link #encode} wrote, or null: it is something else. */
  public static @Nullable ResumableSession decode(byte[] encoded) {
    try {
      HandshakeReader r = new HandshakeReader(encoded, 0, encoded.length);
      if (r.u8() != FORMAT) {
        return null;
      }
      CipherSuite suite = CipherSuite.of(r.u16());
      byte[] preSharedKey = r.vector8(0).rest();
      if (suite == null || preSharedKey.length != suite.hashBytes()) {
        return null;
      }
      NewSessionTicket ticket = NewSessionTicket.read(message(r));
      long receivedMillis = r.u32() << 32 | r.u32();
      String protocol = new String(r.vector8(1).rest(), StandardCharsets.ISO_8859_1);
      int quicVersion = (int) r.u32();
      byte[] transportParameters = r.vector16(0).rest();
      byte[] credentialsHashes = r.vector16(0).rest();
      List<X509Certificate> certificates = CertificateMessage.readServers(message(r));
      r.finish();
      return new ResumableSession(
          suite,
          preSharedKey,
          ticket,
          receivedMillis,
          protocol,
          quicVersion,
          transportParameters,
          certificates,
          credentialsHashes,
          null);
    } catch (TlsAlertException e) {
      return null;
    }
  }

  /** The body of a message that stands in a vector. */
  private static HandshakeReader message(HandshakeReader r) throws TlsAlertException {
    HandshakeReader message = r.vector24(HandshakeMessage.HEADER_BYTES);
    message.bytes(HandshakeMessage.HEADER_BYTES);
    return message;
  }

  CipherSuite suite() {
    return suite;
  }

  byte[] preSharedKey() {
    return preSharedKey;
  }

  byte[] ticket() {
    return ticket.ticket();
  }

  String applicationProtocol() {
    return applicationProtocol;
  }

  /**
   * The version of QUIC that it came in. RFC 9369 §5: it may be resumed only where the client
   * begins with that one.
   */
  public int quicVersion() {
    return quicVersion;
  }

  /** Of the server, encoded, as they were then. */
  byte[] transportParameters() {
    return transportParameters.clone();
  }

  List<X509Certificate> peerCertificates() {
    return peerCertificates;
  }

  boolean hasHashOf(CipherSuite other) {
    return suite.hashAlgorithm().equals(other.hashAlgorithm());
  }

  /** RFC 8446 §4.2.11.1: modulo 2^32, so that an observer cannot link connections by it. */
  long obfuscatedAge(long nowMillis) {
    return (nowMillis - receivedMillis + ticket.ageAdd()) & 0xffff_ffffL;
  }

  /**
   * Whether early data may come with it (RFC 8446 §4.2.10): its keys are those of its suite, and
   * its protocol is the only one that is offered, so that what is written means the same if the
   * server refuses it at first.
   */
  boolean allowsEarlyData(TlsClientConfig config) {
    return ticket.allowsEarlyData()
        && config.cipherSuites().contains(suite)
        && config.applicationProtocols().equals(List.of(applicationProtocol));
  }

  /**
   * Whether a client of {@code config} may offer it. The server's certificate is judged again,
   * unless nothing can have changed: who is trusted may be others now, or other clients may have
   * filled the cache.
   */
  boolean isUsable(TlsClientConfig config, ServerName serverName, long nowMillis) {
    long ageMillis = nowMillis - receivedMillis;
    // RFC 8446 §4.6.1: seven days at most, whatever the server says.
    return ageMillis >= 0
        && ageMillis < Math.min(MAX_LIFETIME_MILLIS, 1000 * ticket.lifetimeSeconds())
        && config.applicationProtocols().contains(applicationProtocol)
        && config.cipherSuites().stream().anyMatch(this::hasHashOf)
        // Or it would pass for somebody else.
        && Arrays.equals(hashes(config.credentials()), credentialsHashes)
        && isTrusted(config, serverName, nowMillis);
  }

  @Override
  public String toString() {
    return "ResumableSession[" + suite + ", " + applicationProtocol + "]";
  }

  private static byte[] hashes(List<TlsCredentials> credentials) {
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    for (TlsCredentials one : credentials) {
      hashes.writeBytes(one.hash());
    }
    return hashes.toByteArray();
  }

  private boolean isTrusted(TlsClientConfig config, ServerName serverName, long nowMillis) {
    if (verdict != null && verdict.holds(config.trust(), serverName, peerCertificates, nowMillis)) {
      return true;
    }
    try {
      config.trust().checkServer(peerCertificates, serverName, suite);
      return true;
    } catch (TlsAlertException e) {
      return false; // the full handshake will say so
    }
  }
}
