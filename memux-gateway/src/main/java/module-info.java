/** The gateway: listeners, the development certificate, and what is served. */
module dev.memux.gateway {
  requires transitive dev.memux.http;
  requires transitive dev.memux.tls;
  requires dev.memux.engine;
  requires dev.memux.netty;
  requires io.netty.handler;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.memux.gateway;
}
