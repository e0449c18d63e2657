/** One stream's two directions: buffers, states and flow control (RFC 9000 §2 to §4). */
@NullMarked
package dev.memux.engine.stream;

import org.jspecify.annotations.NullMarked;
