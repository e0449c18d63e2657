package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a client waits for (RFC 8446 §A.1). Each state names the only messages it takes, the only
 * level it takes them at, and the only states that follow it.
 */
enum ClientState {
  START(INITIAL),
  WAIT_SERVER_HELLO(INITIAL, HandshakeType.SERVER_HELLO),
  /** After a HelloRetryRequest, of which there is at most one. */
  WAIT_SECOND_SERVER_HELLO(INITIAL, HandshakeType.SERVER_HELLO),
  WAIT_ENCRYPTED_EXTENSIONS(HANDSHAKE, HandshakeType.ENCRYPTED_EXTENSIONS),
  WAIT_CERTIFICATE_OR_REQUEST(
      HANDSHAKE, HandshakeType.CERTIFICATE, HandshakeType.CERTIFICATE_REQUEST),
  WAIT_CERTIFICATE(HANDSHAKE, HandshakeType.CERTIFICATE),
  WAIT_CERTIFICATE_VERIFY(HANDSHAKE, HandshakeType.CERTIFICATE_VERIFY),
  WAIT_FINISHED(HANDSHAKE, HandshakeType.FINISHED),
  /** RFC 9001 §4.4, §6: no CertificateRequest and no KeyUpdate after the handshake. */
  CONNECTED(APPLICATION, HandshakeType.NEW_SESSION_TICKET);

  private final EncryptionLevel level;
  private final Set<HandshakeType> accepted;

  ClientState(EncryptionLevel level, HandshakeType... accepted) {
    this.level = level;
    this.accepted = EnumSet.noneOf(HandshakeType.class);
    this.accepted.addAll(Set.of(accepted));
  }

  EncryptionLevel level() {
    return level;
  }

  Set<HandshakeType> accepted() {
    return accepted;
  }

  boolean mayBecome(ClientState next) {
    return switch (this) {
      case START -> next == WAIT_SERVER_HELLO;
      case WAIT_SERVER_HELLO ->
          next == WAIT_SECOND_SERVER_HELLO || next == WAIT_ENCRYPTED_EXTENSIONS;
      case WAIT_SECOND_SERVER_HELLO -> next == WAIT_ENCRYPTED_EXTENSIONS;
      case WAIT_ENCRYPTED_EXTENSIONS -> next == WAIT_CERTIFICATE_OR_REQUEST;
      case WAIT_CERTIFICATE_OR_REQUEST ->
          next == WAIT_CERTIFICATE || next == WAIT_CERTIFICATE_VERIFY;
      case WAIT_CERTIFICATE -> next == WAIT_CERTIFICATE_VERIFY;
      case WAIT_CERTIFICATE_VERIFY -> next == WAIT_FINISHED;
      case WAIT_FINISHED -> next == CONNECTED;
      case CONNECTED -> false;
    };
  }
}
