/**
 * Deterministic simulation of networks and of the hosts on them: virtual time, seeded impairments.
 */
module dev.memux.sim {
  requires transitive dev.memux.engine;
  requires static transitive org.jspecify;

  exports dev.memux.sim;
  exports dev.memux.sim.goodput;
  exports dev.memux.sim.qmux;
  exports dev.memux.sim.quic;
}
