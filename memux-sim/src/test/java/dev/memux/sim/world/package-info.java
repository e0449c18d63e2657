/** Whole connections in worlds made from seeds, and what must hold in every one of them. */
@NullMarked
package dev.memux.sim.world;

import org.jspecify.annotations.NullMarked;
