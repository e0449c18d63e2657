/**
 * Two network namespaces joined by an emulated link, for real TCP and UDP: the kernel's stacks at
 * both ends, {@link dev.memux.sim.LinkProfile} in between. Needs Linux and root.
 */
@NullMarked
package dev.memux.lab;

import org.jspecify.annotations.NullMarked;
