/**
 * A network in one thread: virtual time, links with impairments, and hosts that take datagrams and
 * time and give datagrams and their next deadline.
 *
 * <p>Everything that happens follows from one {@link dev.memux.sim.Seed}. The same seed gives the
 * same run, event for event, on any machine.
 */
@NullMarked
package dev.memux.sim;

import org.jspecify.annotations.NullMarked;
