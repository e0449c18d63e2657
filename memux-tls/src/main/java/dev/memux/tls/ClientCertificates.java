package dev.memux.tls;

/** Whether a server wants to know by certificate who a client is (RFC 8446 §4.3.2). */
public enum ClientCertificates {
  /** They are not asked for. */
  NONE,
  /** A client without one is welcome; one that is presented must be trusted. */
  OPTIONAL,
  /** A client without one is refused (certificate_required). */
  REQUIRED
}
