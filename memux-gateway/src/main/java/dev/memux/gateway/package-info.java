/**
 * The gateway: listeners, the development certificate, and what is served: the embedded
 * demonstration site or the files below a folder.
 */
@NullMarked
package dev.memux.gateway;

import org.jspecify.annotations.NullMarked;
