/** What drivers and bindings see of a connection, whatever carries it. */
@NullMarked
package dev.memux.engine;

import org.jspecify.annotations.NullMarked;
