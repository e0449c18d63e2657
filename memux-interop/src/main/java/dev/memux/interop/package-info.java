/**
 * The QUIC interop runner's test cases on this machine: two processes, a relay between them that is
 * the network, and a judge that reads what went over it.
 */
@NullMarked
package dev.memux.interop;

import org.jspecify.annotations.NullMarked;
