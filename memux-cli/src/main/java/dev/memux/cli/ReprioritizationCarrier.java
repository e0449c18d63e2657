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
import dev.memux.netty.CarrierType;
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
      return connectHttp3(CarrierType.QUIC, group, server);
    }

    @Override
    long heldBelowBytes(long bitsPerSecond) {
      return 0;
    }
  },

  HTTP_3_QMUX("HTTP/3, QMux over TCP") {
    @Override
    InetSocketAddress serve(EventLoopGroup group, TlsCredentials identity, RequestHandler handler)
        throws Exception {
      return serveHttps(group, identity, handler, HttpsConfig.DEFAULT);
    }

    @Override
    RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception {
      return connectHttp3(CarrierType.TCP, group, server);
    }

    @Override
    long heldBelowBytes(long bitsPerSecond) {
      return ofTcp(bitsPerSecond);
    }
  },

  HTTP_2("HTTP/2, TCP") {
    @Override
    InetSocketAddress serve(EventLoopGroup group, TlsCredentials identity, RequestHandler handler)
        throws Exception {
      return serveHttps(group, identity, handler, HttpsConfig.DEFAULT);
    }

    @Override
    RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception {
      return new Http2Rivals(group, IoTransport.of(group).socketChannel(), server);
    }

    @Override
    long heldBelowBytes(long bitsPerSecond) {
      return ofTcp(bitsPerSecond);
    }
  },

  HTTP_2_UNTUNED("HTTP/2, TCP as it is") {
    @Override
    InetSocketAddress serve(EventLoopGroup group, TlsCredentials identity, RequestHandler handler)
        throws Exception {
      return serveHttps(group, identity, handler, HttpsConfig.DEFAULT.withLateWrites(false));
    }

    @Override
    RivalResponses connect(EventLoopGroup group, InetSocketAddress server) throws Exception {
      return new Http2Rivals(group, IoTransport.of(group).socketChannel(), server);
    }

    @Override
    long heldBelowBytes(long bitsPerSecond) {
      return ofTcp(bitsPerSecond);
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

  /**
   * What may stand between the decision and the bottleneck's queue at most, on a path of that rate,
   * where decisions are late.
   */
  abstract long heldBelowBytes(long bitsPerSecond);

  /** TCP_NOTSENT_LOWAT, which is twice a record, and a record: a packet, or 10 ms of the rate. */
  private static long ofTcp(long bitsPerSecond) {
    return 3 * Math.max(Reprioritization.PACKET_BYTES, bitsPerSecond / 8 / 100);
  }

  private static InetSocketAddress serveHttps(
      EventLoopGroup group, TlsCredentials identity, RequestHandler handler, HttpsConfig config)
      throws Exception {
    return HttpsServer.bind(group, ANY_PORT, new HttpsService(handler, List.of(identity), config))
        .localAddress();
  }

  private static RivalResponses connectHttp3(
      CarrierType carrier, EventLoopGroup group, InetSocketAddress server) throws Exception {
    TlsClientConfig trust =
        TlsClientConfig.builder()
            .applicationProtocols(Http3Service.ALPN)
            .insecureTrustAny()
            .build();
    return new Http3Rivals(
        group,
        Connector.over(carrier, group, QuicConfig.DEFAULT, trust),
        new Origin(server.getAddress().getHostAddress(), server.getPort()));
  }
}
