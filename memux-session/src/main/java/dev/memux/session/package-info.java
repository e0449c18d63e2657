/**
 * Sessions and streams whose calls block, made for virtual threads: {@link
 * dev.memux.session.SessionClient} connects, {@link dev.memux.session.SessionServer} accepts, a
 * {@link dev.memux.session.Session} opens and accepts {@link dev.memux.session.Stream}s.
 *
 * <p>A connection lives on an event loop; callers never touch it. What they write waits in a
 * bounded queue of the stream until the loop takes it, what they read the loop has put into
 * another. The loop is woken once for all that happens in a burst, and a caller is woken when a
 * good part of its queue is free, or anything is there to read.
 */
@NullMarked
package dev.memux.session;

import org.jspecify.annotations.NullMarked;
