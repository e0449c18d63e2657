/** Packet protection by OpenSSL's libcrypto, called through {@code java.lang.foreign}. */
@NullMarked
package dev.memux.netty.libcrypto;

import org.jspecify.annotations.NullMarked;
