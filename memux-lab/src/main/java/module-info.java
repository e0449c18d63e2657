/** Emulated links between real network stacks, and experiments on them. Linux only. */
module dev.memux.lab {
  requires transitive dev.memux.sim;
  requires static transitive org.jspecify;

  exports dev.memux.lab;
}
