/**
 * QUIC connections as Netty channels. {@link dev.memux.netty.QuicServerBootstrap} and {@link
 * dev.memux.netty.QuicClientBootstrap} make {@link io.netty.handler.codec.quic.QuicChannel}s whose
 * streams are {@link io.netty.handler.codec.quic.QuicStreamChannel}s, so that what is written for
 * Netty's QUIC (its HTTP/3 codec above all) runs on them unchanged, without a native QUIC library.
 *
 * <p>One {@code UdpDriver} per event loop and socket moves datagrams between the kernel and the
 * engine; a connection lives on one loop for life. Channels may be used from any thread, as ever
 * with Netty; handlers run on the connection's loop.
 */
@NullMarked
package dev.memux.netty;

import org.jspecify.annotations.NullMarked;
