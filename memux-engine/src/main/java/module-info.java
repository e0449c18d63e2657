/** The protocol engine: QUIC (RFC 9000) and QMux without I/O, threads or a clock. */
@SuppressWarnings("module") // the simulator is built after this module
module dev.memux.engine {
  requires transitive dev.memux.tls;
  requires static transitive org.jspecify;

  exports dev.memux.engine;
  exports dev.memux.engine.memory;
  exports dev.memux.engine.mux;
  exports dev.memux.engine.packet to
      dev.memux.netty,
      dev.memux.sim;
  exports dev.memux.engine.qmux;
  exports dev.memux.engine.quic;
  exports dev.memux.engine.schedule;
  exports dev.memux.engine.wire;
}
