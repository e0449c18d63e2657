package dev.memux.sim.world;

/** Something that must hold in every world did not. */
final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Violation(Class<?> invariant, String what) {
    super(invariant.getSimpleName() + ": " + what);
  }
}
