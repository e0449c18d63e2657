/** HTTP/0.9 on QUIC streams, as far as interoperability tests use it ({@code hq-interop}). */
@NullMarked
package dev.memux.cli.http09;

import org.jspecify.annotations.NullMarked;
