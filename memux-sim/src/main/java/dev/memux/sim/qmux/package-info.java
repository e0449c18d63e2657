/** QMux over simulated byte streams. */
@NullMarked
package dev.memux.sim.qmux;

import org.jspecify.annotations.NullMarked;
