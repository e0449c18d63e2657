package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.HandshakeType.CERTIFICATE;
import static dev.memux.tls.HandshakeType.CERTIFICATE_VERIFY;
import static dev.memux.tls.HandshakeType.CLIENT_HELLO;
import static dev.memux.tls.HandshakeType.FINISHED;

/**
 * What a server waits for (RFC 8446 §A.2). Each state names the only messages it takes, the only
 * level it takes them at, and the only states that follow it.
 */
enum ServerState {
  WAIT_CLIENT_HELLO(INITIAL),
  /** After a HelloRetryRequest, of which there is at most one. */
  WAIT_SECOND_CLIENT_HELLO(INITIAL),
  WAIT_CERTIFICATE(HANDSHAKE),
  WAIT_CERTIFICATE_VERIFY(HANDSHAKE),
  WAIT_FINISHED(HANDSHAKE),
  CONNECTED(APPLICATION);

  private final EncryptionLevel level;

  ServerState(EncryptionLevel level) {
    this.level = level;
  }

  EncryptionLevel level() {
    return level;
  }

  boolean accepts(HandshakeType type) {
    return switch (this) {
      case WAIT_CLIENT_HELLO, WAIT_SECOND_CLIENT_HELLO -> type == CLIENT_HELLO;
      case WAIT_CERTIFICATE -> type == CERTIFICATE;
      case WAIT_CERTIFICATE_VERIFY -> type == CERTIFICATE_VERIFY;
      // RFC 9001 §8.3: no EndOfEarlyData before it.
      case WAIT_FINISHED -> type == FINISHED;
      // RFC 9001 §6: no KeyUpdate; there is nothing that a client may send.
      case CONNECTED -> false;
    };
  }

  /** Whether keys are agreed on, or a certificate or a signature is looked at or made. */
  boolean mayTakeLong() {
    return switch (this) {
      case WAIT_CLIENT_HELLO, WAIT_SECOND_CLIENT_HELLO, WAIT_CERTIFICATE, WAIT_CERTIFICATE_VERIFY ->
          true;
      case WAIT_FINISHED, CONNECTED -> false;
    };
  }

  boolean mayBecome(ServerState next) {
    return switch (this) {
      case WAIT_CLIENT_HELLO ->
          next == WAIT_SECOND_CLIENT_HELLO || next == WAIT_CERTIFICATE || next == WAIT_FINISHED;
      case WAIT_SECOND_CLIENT_HELLO -> next == WAIT_CERTIFICATE || next == WAIT_FINISHED;
      case WAIT_CERTIFICATE -> next == WAIT_CERTIFICATE_VERIFY || next == WAIT_FINISHED;
      case WAIT_CERTIFICATE_VERIFY -> next == WAIT_FINISHED;
      case WAIT_FINISHED -> next == CONNECTED;
      case CONNECTED -> false;
    };
  }
}
