package dev.memux.engine.mux;

/** Whether a stream carries data both ways or only from its opener (RFC 9000 §2.1). */
public enum StreamType {
  BIDIRECTIONAL,
  UNIDIRECTIONAL;

  /** The type that the second lowest bit of a stream ID says. */
  static StreamType of(long id) {
    return (id & 2) == 0 ? BIDIRECTIONAL : UNIDIRECTIONAL;
  }
}
