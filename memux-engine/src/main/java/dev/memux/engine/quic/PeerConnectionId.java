package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;

/**
 * A connection ID that the peer has issued.
 *
 * @param resetToken by which the peer's stateless reset for that ID is recognised (RFC 9000
 *     §10.3.1); empty if it has told none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity of the record only
record PeerConnectionId(long sequence, ConnectionId id, byte[] resetToken) {
  static final byte[] NO_TOKEN = {};

  boolean hasResetToken() {
    return resetToken.length > 0;
  }
}
