/**
 * HTTP/3 on Netty's codec (RFC 9114): a server and a client whose bodies stream both ways with back
 * pressure, and the priorities of RFC 9218 in both of their forms.
 *
 * <p>Everything that belongs to one connection runs on that connection's event loop. Methods that
 * other threads may call say so.
 */
@NullMarked
package dev.memux.http;

import org.jspecify.annotations.NullMarked;
