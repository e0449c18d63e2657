/** The {@code memux} command. */
@NullMarked
package dev.memux.cli;

import org.jspecify.annotations.NullMarked;
