/**
 * What became of the packets that were sent, and what to tell the peer about those that came: RFC
 * 9002, RFC 9000 §13.2.
 *
 * <p>{@link dev.memux.engine.recovery.Recovery} is the sending half and joins the small parts: one
 * {@code SentSpace} for each packet number space, {@link dev.memux.engine.recovery.RttEstimator},
 * {@code LossDetector}, {@code PtoTimer} and {@code PersistentCongestion}. {@link
 * dev.memux.engine.recovery.ReceivedPackets} is the receiving half.
 */
@NullMarked
package dev.memux.engine.recovery;

import org.jspecify.annotations.NullMarked;
