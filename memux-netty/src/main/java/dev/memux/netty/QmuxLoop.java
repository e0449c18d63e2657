package dev.memux.netty;

import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.qmux.QmuxEndpoint;

/** What the QMux connections of one event loop share. On that loop. */
final class QmuxLoop {
  final QmuxEndpoint endpoint;
  final ProcessMemory memory;
  final LogLimit faultLines = new LogLimit();

  /** For input that is not in an array. */
  final byte[] input = new byte[QmuxCarrier.MAX_RECORD_BYTES];

  QmuxLoop(QmuxConfig config, ProcessMemory memory) {
    this.endpoint = new QmuxEndpoint(config, memory);
    this.memory = memory;
  }
}
