package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/**
 * One TLS 1.3 handshake for QUIC (RFC 9001 §4): handshake bytes in, handshake bytes and secrets
 * out. No I/O, no clock of its own, no threads; one thread at a time.
 *
 * <p>Call {@link #start} once, then {@link #receive} for all that arrives, also after the handshake
 * is complete (a server may send tickets), and after each of them {@link #pollEvent} until it
 * returns null. After a {@link TlsAlertException} the handshake is over: every later {@link
 * #receive} throws the same exception again, and there are no more events.
 */
public interface TlsHandshake {
  /**
   * The number of QUIC version 1 (RFC 9000 §15), which handshakes are for unless told otherwise.
   */
  int QUIC_V1 = 1;

  /**
   * Begins: a client writes its ClientHello, a server does nothing.
   *
   * @throws IllegalStateException if called twice
   */
  void start();

  /**
   * Takes handshake bytes in order, as CRYPTO frames carry them; messages may be split anywhere.
   *
   * @param level of the packets that carried the bytes
   * @throws TlsAlertException if the peer is at fault or not acceptable; the connection must be
   *     closed with {@link TlsAlertException#transportError}
   */
  void receive(EncryptionLevel level, byte[] buffer, int offset, int length)
      throws TlsAlertException;

  /**
   * Whether the next {@link #receive} may take as long as hundreds of packets do: it agrees on
   * keys, signs or judges certificates, for which a trust manager may even ask others. Whoever has
   * a thread to spare may call it there, as long as no other thread touches the handshake
   * meanwhile.
   */
  boolean mayTakeLong();

  /**
   * On a client: the server goes on in another version of QUIC (RFC 9368 §2.3), and what resumes
   * this session later has to begin with that one (RFC 9369 §5). Before any bytes of the server's.
   */
  void onQuicVersion(int version);

  /** The next thing to act on, or null: nothing for now. */
  @Nullable TlsEvent pollEvent();
}
