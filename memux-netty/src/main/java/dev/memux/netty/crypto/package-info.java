/**
 * Packet protection and handshakes by native libraries, called through {@code java.lang.foreign}:
 * OpenSSL's libcrypto, and Intel's ipsec-mb beside it.
 */
@NullMarked
package dev.memux.netty.crypto;

import org.jspecify.annotations.NullMarked;
