/** QUIC version 1 (RFC 9000, RFC 9001): connections and the endpoint that finds them. */
@NullMarked
package dev.memux.engine.quic;

import org.jspecify.annotations.NullMarked;
