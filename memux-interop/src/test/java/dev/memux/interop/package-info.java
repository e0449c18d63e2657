@NullMarked
package dev.memux.interop;

import org.jspecify.annotations.NullMarked;
