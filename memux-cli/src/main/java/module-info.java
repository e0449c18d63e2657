/** The {@code memux} command. */
module dev.memux.cli {
  requires dev.memux.engine;
  requires dev.memux.gateway;
  requires dev.memux.http;
  requires dev.memux.lab;
  requires dev.memux.netty;
  requires dev.memux.session;
  requires dev.memux.sim;
  requires dev.memux.tls;
  requires info.picocli;
  requires io.netty.codec;
  requires io.netty.codec.http2;
  requires io.netty.handler;
  requires java.management;
  requires jdk.management;
  requires static org.jspecify;

  opens dev.memux.cli to
      info.picocli;
}
