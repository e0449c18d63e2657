/** How much of a link bulk transfers use, against what theory says they should. */
@NullMarked
package dev.memux.sim.goodput;

import org.jspecify.annotations.NullMarked;
