package dev.memux.netty;

import io.netty.handler.codec.quic.QuicExtensionEvent;

/**
 * User event of a {@link MuxQuicChannel}: the peer accepts unreliable datagrams (RFC 9221). Comes
 * before the channel becomes active, unless early data has made it so. Takes the place of Netty's
 * {@code QuicDatagramExtensionEvent}, which only Netty can make.
 *
 * @param maxLength of a datagram, at present; {@link MuxQuicChannel#maxDatagramLength} tells later
 */
public record DatagramExtensionEvent(int maxLength) implements QuicExtensionEvent {}
