package dev.memux.netty;

import io.netty.handler.codec.quic.QuicEvent;
import io.netty.handler.codec.quic.QuicStreamType;

/**
 * User event of a {@link MuxQuicChannel}: the peer lets us open more streams (RFC 9000 §19.11).
 * Takes the place of Netty's {@code QuicStreamLimitChangedEvent}, which only Netty can make.
 *
 * @param type of which there may be more
 */
public record StreamLimitChangedEvent(QuicStreamType type) implements QuicEvent {}
