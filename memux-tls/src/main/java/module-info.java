/** TLS 1.3 (RFC 8446) as a message machine for QUIC (RFC 9001): bytes in, bytes and secrets out. */
module dev.memux.tls {
  requires static transitive org.jspecify;

  exports dev.memux.tls;
}
