/** Frames, integers and transport parameters as bytes (RFC 9000 §16, §18, §19). */
@NullMarked
package dev.memux.engine.wire;

import org.jspecify.annotations.NullMarked;
