/** QMux (draft-ietf-quic-qmux-02): QUIC's streams in records, over any ordered byte stream. */
@NullMarked
package dev.memux.engine.qmux;

import org.jspecify.annotations.NullMarked;
