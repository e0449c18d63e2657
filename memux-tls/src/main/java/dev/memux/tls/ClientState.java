package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.HandshakeType.CERTIFICATE;
import static dev.memux.tls.HandshakeType.CERTIFICATE_REQUEST;
import static dev.memux.tls.HandshakeType.CERTIFICATE_VERIFY;
import static dev.memux.tls.HandshakeType.ENCRYPTED_EXTENSIONS;
import static dev.memux.tls.HandshakeType.FINISHED;
import static dev.memux.tls.HandshakeType.NEW_SESSION_TICKET;
import static dev.memux.tls.HandshakeType.SERVER_HELLO;

/**
 * What a client waits for (RFC 8446 §A.1). Each state names the only messages it takes, the only
 * level it takes them at, and the only states that follow it.
 */
enum ClientState {
  START(INITIAL),
  WAIT_SERVER_HELLO(INITIAL),
  /** After a HelloRetryRequest, of which there is at most one. */
  WAIT_SECOND_SERVER_HELLO(INITIAL),
  WAIT_ENCRYPTED_EXTENSIONS(HANDSHAKE),
  WAIT_CERTIFICATE_OR_REQUEST(HANDSHAKE),
  WAIT_CERTIFICATE(HANDSHAKE),
  WAIT_CERTIFICATE_VERIFY(HANDSHAKE),
  WAIT_FINISHED(HANDSHAKE),
  CONNECTED(APPLICATION);

  private final EncryptionLevel level;

  ClientState(EncryptionLevel level) {
    this.level = level;
  }

  EncryptionLevel level() {
    return level;
  }

  boolean accepts(HandshakeType type) {
    return switch (this) {
      case START -> false;
      case WAIT_SERVER_HELLO, WAIT_SECOND_SERVER_HELLO -> type == SERVER_HELLO;
      case WAIT_ENCRYPTED_EXTENSIONS -> type == ENCRYPTED_EXTENSIONS;
      case WAIT_CERTIFICATE_OR_REQUEST -> type == CERTIFICATE || type == CERTIFICATE_REQUEST;
      case WAIT_CERTIFICATE -> type == CERTIFICATE;
      case WAIT_CERTIFICATE_VERIFY -> type == CERTIFICATE_VERIFY;
      case WAIT_FINISHED -> type == FINISHED;
      // RFC 9001 §4.4, §6: no CertificateRequest and no KeyUpdate after the handshake.
      case CONNECTED -> type == NEW_SESSION_TICKET;
    };
  }

  /** Whether keys may be agreed on, or a certificate or a signature be looked at or made. */
  boolean mayTakeLong() {
    return switch (this) {
      case WAIT_SERVER_HELLO,
          WAIT_SECOND_SERVER_HELLO,
          WAIT_ENCRYPTED_EXTENSIONS, // the rest may follow in the same bytes
          WAIT_CERTIFICATE_OR_REQUEST,
          WAIT_CERTIFICATE,
          WAIT_CERTIFICATE_VERIFY,
          WAIT_FINISHED -> // signs, if the server has asked for a certificate
          true;
      case START, CONNECTED -> false;
    };
  }

  boolean mayBecome(ClientState next) {
    return switch (this) {
      case START -> next == WAIT_SERVER_HELLO;
      case WAIT_SERVER_HELLO ->
          next == WAIT_SECOND_SERVER_HELLO || next == WAIT_ENCRYPTED_EXTENSIONS;
      case WAIT_SECOND_SERVER_HELLO -> next == WAIT_ENCRYPTED_EXTENSIONS;
      // A resumed session has no certificates.
      case WAIT_ENCRYPTED_EXTENSIONS ->
          next == WAIT_CERTIFICATE_OR_REQUEST || next == WAIT_FINISHED;
      case WAIT_CERTIFICATE_OR_REQUEST ->
          next == WAIT_CERTIFICATE || next == WAIT_CERTIFICATE_VERIFY;
      case WAIT_CERTIFICATE -> next == WAIT_CERTIFICATE_VERIFY;
      case WAIT_CERTIFICATE_VERIFY -> next == WAIT_FINISHED;
      case WAIT_FINISHED -> next == CONNECTED;
      case CONNECTED -> false;
    };
  }
}
