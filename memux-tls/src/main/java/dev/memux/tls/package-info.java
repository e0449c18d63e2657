/** TLS 1.3 handshakes (RFC 8446) for QUIC (RFC 9001 §4). */
@NullMarked
package dev.memux.tls;

import org.jspecify.annotations.NullMarked;
