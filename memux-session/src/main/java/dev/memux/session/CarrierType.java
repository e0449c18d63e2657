package dev.memux.session;

/** What carries a session. */
public enum CarrierType {
  /** QUIC over UDP. */
  QUIC,

  /** QMux over TLS and TCP, for networks that let no UDP through. */
  TCP
}
