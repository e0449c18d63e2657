/**
 * Who sends next: strict priorities, fair shares among equals, groups that divide a connection.
 * {@link dev.memux.engine.schedule.Scheduler} explains the model; it knows nothing of QUIC and
 * serves HTTP/2 as well.
 */
@NullMarked
package dev.memux.engine.schedule;

import org.jspecify.annotations.NullMarked;
