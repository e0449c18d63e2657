package dev.memux.netty;

import io.netty.handler.codec.quic.QuicEvent;

/**
 * User event of a {@link MuxQuicStreamChannel}: the peer does not want our data any more
 * (STOP_SENDING, RFC 9000 §3.5). The output is shut down; the input goes on.
 *
 * @param code the application error code that the peer gave
 */
public record StreamStoppedEvent(long code) implements QuicEvent {}
