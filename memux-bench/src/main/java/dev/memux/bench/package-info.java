/** Comparisons of memux with other implementations, in processes of their own. */
@NullMarked
package dev.memux.bench;

import org.jspecify.annotations.NullMarked;
