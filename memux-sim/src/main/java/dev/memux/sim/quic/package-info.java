/**
 * memux's QUIC on simulated networks: a node that drives an endpoint as a socket's event loop
 * would, and a tap that decrypts what is on the wire.
 */
@NullMarked
package dev.memux.sim.quic;

import org.jspecify.annotations.NullMarked;
