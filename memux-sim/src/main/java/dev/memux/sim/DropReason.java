package dev.memux.sim;

/** Why a datagram did not arrive. */
public enum DropReason {
  /** Larger than the link's MTU. */
  TOO_BIG,
  /** The link was down. */
  OUTAGE,
  /** The bottleneck's queue was full. */
  QUEUE_FULL,
  /** Random or burst loss. */
  LOSS,
  /** A {@link LinkFilter} took it. */
  FILTERED,
  /** No link leads there, or nobody lives there. */
  NO_ROUTE,
  /** The link takes nothing that is ECN-capable; see {@link EcnTreatment#DROP}. */
  ECN_CAPABLE
}
