/** How much may be in flight and how fast it leaves: RFC 9002 §7. */
@NullMarked
package dev.memux.engine.congestion;

import org.jspecify.annotations.NullMarked;
