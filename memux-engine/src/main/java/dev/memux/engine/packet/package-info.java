/**
 * QUIC packets: connection IDs, headers, packet numbers and their protection (RFC 8999, RFC 9000
 * §12 and §17, RFC 9001 §5). Knows nothing of frames, of connections or of time; everything here is
 * used by one thread at a time.
 */
@NullMarked
package dev.memux.engine.packet;

import org.jspecify.annotations.NullMarked;
