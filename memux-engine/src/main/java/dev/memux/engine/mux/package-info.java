/** All streams of one connection, whatever carries them. */
@NullMarked
package dev.memux.engine.mux;

import org.jspecify.annotations.NullMarked;
