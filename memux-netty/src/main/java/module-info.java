/** Engine connections on Netty's event loops: UDP drivers, and Netty's QUIC channels on top. */
module dev.memux.netty {
  requires transitive dev.memux.engine;
  requires transitive io.netty.buffer;
  requires transitive io.netty.codec.classes.quic;
  requires transitive io.netty.common;
  requires transitive io.netty.transport;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.memux.netty;
}
