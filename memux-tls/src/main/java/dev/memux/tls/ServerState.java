package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a server waits for (RFC 8446 §A.2). Each state names the only messages it takes, the only
 * level it takes them at, and the only states that follow it.
 */
enum ServerState {
  WAIT_CLIENT_HELLO(INITIAL, HandshakeType.CLIENT_HELLO),
  /** After a HelloRetryRequest, of which there is at most one. */
  WAIT_SECOND_CLIENT_HELLO(INITIAL, HandshakeType.CLIENT_HELLO),
  /** RFC 9001 §8.3: no EndOfEarlyData before it. */
  WAIT_FINISHED(HANDSHAKE, HandshakeType.FINISHED),
  /** RFC 9001 §6: no KeyUpdate; there is nothing that a client may send. */
  CONNECTED(APPLICATION);

  private final EncryptionLevel level;
  private final Set<HandshakeType> accepted;

  ServerState(EncryptionLevel level, HandshakeType... accepted) {
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

  boolean mayBecome(ServerState next) {
    return switch (this) {
      case WAIT_CLIENT_HELLO -> next == WAIT_SECOND_CLIENT_HELLO || next == WAIT_FINISHED;
      case WAIT_SECOND_CLIENT_HELLO -> next == WAIT_FINISHED;
      case WAIT_FINISHED -> next == CONNECTED;
      case CONNECTED -> false;
    };
  }
}
