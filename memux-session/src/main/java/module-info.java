/** Sessions and streams whose calls block, made for virtual threads. */
module dev.memux.session {
  requires transitive dev.memux.engine;
  requires transitive dev.memux.netty;
  requires transitive dev.memux.tls;
  requires transitive io.netty.transport;
  requires io.netty.common;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.memux.session;
}
