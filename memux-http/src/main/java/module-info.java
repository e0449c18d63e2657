/** HTTP/3 on memux's QUIC: server, client and RFC 9218 priorities. */
module dev.memux.http {
  requires transitive dev.memux.engine;
  requires transitive dev.memux.netty;
  requires transitive dev.memux.session;
  requires transitive dev.memux.tls;
  requires transitive io.netty.buffer;
  requires transitive io.netty.codec.classes.quic;
  requires transitive io.netty.codec.http3;
  requires transitive io.netty.common;
  requires transitive io.netty.transport;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.handler;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.memux.http;
}
