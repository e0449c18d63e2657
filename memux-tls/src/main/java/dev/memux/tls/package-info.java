/**
 * TLS 1.3 handshakes (RFC 8446) for QUIC (RFC 9001 §4): a message machine without records, I/O,
 * threads or clock.
 *
 * <p>{@link dev.memux.tls.TlsClient} and {@link dev.memux.tls.TlsServer} orchestrate; their states
 * say which message may come when. Bytes go through {@code MessageInput}, which makes whole
 * messages of them, to one reader per message ({@code ClientHello}, {@code ServerHello}, {@code
 * EncryptedExtensions}, {@code CertificateMessage}, ...), which take them apart with {@code
 * HandshakeReader} and {@code Extensions} and refuse whatever is not right with the alert of the
 * RFC. {@code Transcript}, {@code KeyExchange} and {@code KeySchedule} make the secrets, {@code
 * SignatureScheme}, {@code CertificateVerify} and {@code CertificateTrust} prove who the peer is;
 * {@code TicketChoice} and {@code TicketIssue} resume sessions on a server, {@code TicketStore} and
 * {@code ResumableSession} on a client; {@code HandshakeOutput} puts what must be done into events.
 */
@NullMarked
package dev.memux.tls;

import org.jspecify.annotations.NullMarked;
