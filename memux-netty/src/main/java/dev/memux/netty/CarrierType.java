package dev.memux.netty;

/** What carries a connection's streams. */
public enum CarrierType {
  /** QUIC over UDP. */
  QUIC,

  /** QMux over TLS and TCP, for networks that let no UDP through. */
  TCP;

  /** The one to try where this one does not do. */
  CarrierType other() {
    return this == QUIC ? TCP : QUIC;
  }
}
