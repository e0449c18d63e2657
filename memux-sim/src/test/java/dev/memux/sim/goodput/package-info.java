@NullMarked
package dev.memux.sim.goodput;

import org.jspecify.annotations.NullMarked;
