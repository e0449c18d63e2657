/** What all connections of a process share: the memory that streams' data may hold. */
@NullMarked
package dev.memux.engine.memory;

import org.jspecify.annotations.NullMarked;
