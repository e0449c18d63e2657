package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Connector;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpsConfig;
import dev.memux.http.HttpsServer;
import dev.memux.http.HttpsService;
import dev.memux.http.Origin;
import dev.memux.http.RequestHandler;
import dev.memux.lab.LinkEmulator;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What carries the responses of the experiment. */
enum ReprioritizationCarrier {
  HTTP_3_QUIC("HTTP/3, QUIC") {
    @Override
    InetSocketAddress serve(EventLoopGroup group, TlsCredentials identity, RequestHandler handler)
        throws Exception {
      return new QuicServerBootstrap()
          .group(group)
          .tls(
              TlsServerConfig.builder()
                  .credentials(identity)
                  .applicationProtocols(Http3Service.ALPN)
                  .build())
          .childHandler(new Http3Service(handler).initializer())
          .bind(ANY_PORT)
          .get(START_SECONDS, TimeUnit.SECONDS)
          .localAddress();
    }

    @Override
    RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception {
      TlsClientConfig trust =
          TlsClientConfig.builder()
              .applicationProtocols(Http3Service.ALPN)
              .insecureTrustAny()
              .build();
      return new Http3Rivals(
          group,
          Connector.quic(group, QuicConfig.DEFAULT, trust),
          new Origin(server.getAddress().getHostAddress(), server.getPort()));
    }
  },

  HTTP_2_TCP("HTTP/2, TCP as it is") {
    @Override
    InetSocketAddress serve(EventLoopGroup group, TlsCredentials identity, RequestHandler handler)
        throws Exception {
      HttpsService service = new HttpsService(handler, List.of(identity), HttpsConfig.DEFAULT);
      return HttpsServer.bind(group, ANY_PORT, service).localAddress();
    }

    @Override
    RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception {
      return new Http2Rivals(group, IoTransport.of(group).socketChannel(), server);
    }
  };

  private static final InetSocketAddress ANY_PORT = new InetSocketAddress(LinkEmulator.FAR, 0);
  private static final long START_SECONDS = 10;

  private final String title;

  ReprioritizationCarrier(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /**
   * Starts a server that ends with the event loops. To be called in the namespace of the link's far
   * end, as sockets are made on the calling thread.
   */
  abstract InetSocketAddress serve(
      EventLoopGroup group, TlsCredentials identity, RequestHandler handler) throws Exception;

  /** Connects to it; to be called in the near end's namespace. */
  abstract RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception;
}
