package dev.memux.engine.mux;

import dev.memux.engine.stream.ReceiveWindow;
import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import org.jspecify.annotations.Nullable;

/**
 * What has to be known of a stream while nothing is under way on it. Systems keep tens of thousands
 * of conversations open in which nobody says anything most of the time.
 *
 * @param sent all of it acknowledged
 * @param maxSent the peer's limit
 * @param received all of it read
 * @param maxReceived our limit
 * @param windowBytes what the receive window had grown to
 * @param raisedAtNanos when the peer was told of that limit: a stream that rests while its reader
 *     waits for more is one whose window should grow
 */
record RestingStream(
    long sent,
    long maxSent,
    long received,
    long maxReceived,
    long windowBytes,
    long raisedAtNanos) {
  RestingStream(@Nullable SendStream send, @Nullable RecvStream recv) {
    this(
        send == null ? 0 : send.sentTo(),
        send == null ? 0 : send.maxData(),
        recv == null ? 0 : recv.highest(),
        recv == null ? 0 : recv.window().limit(),
        recv == null ? 0 : recv.window().windowBytes(),
        recv == null ? ReceiveWindow.NEVER_RAISED : recv.window().raisedAtNanos());
  }
}
