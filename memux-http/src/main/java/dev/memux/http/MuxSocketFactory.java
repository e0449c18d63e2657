package dev.memux.http;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.session.SharedLoops;
import dev.memux.tls.Pem;
import dev.memux.tls.PemException;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;

/**
 * Sockets that are streams of one connection to a gateway, which connects to their targets: what
 * knows only {@link java.net.Socket} runs over memux unchanged. Any thread.
 *
 * <p>A name goes to the gateway as it is, even if this host knows an address for it.
 *
 * <p>The PostgreSQL driver takes it by its properties {@code
 * socketFactory=dev.memux.http.MuxSocketFactory} and {@code
 * socketFactoryArg=https://gateway:4433?priority=u=2}; so does whoever else makes factories by a
 * constructor that takes a string.
 */
public final class MuxSocketFactory extends SocketFactory {
  /** Often enough that no idle timeout or NAT ends a connection whose sockets are all quiet. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  /** One for each proxy and trust, as long as the process lives: configurations are few. */
  private static final Map<ProxyUrl.Session, TunnelClient> SHARED = new ConcurrentHashMap<>();

  private final TunnelClient client;
  private final Priority priority;

  /**
   * Sockets through that client's proxy.
   *
   * @param priority what sockets begin with
   */
  public MuxSocketFactory(TunnelClient client, Priority priority) {
    this.client = client;
    this.priority = priority;
  }

  /**
   * Sockets through the proxy of that URL, whose connection all factories of the process share that
   * name it with the same trust: {@code
   * https://HOST:PORT[?ca=FILE][&carrier=quic|tcp|auto][&priority=u=URGENCY]
   * [&connectTimeout=SECONDS][&insecure=true]}. The carrier is QUIC if nothing is said; TCP is for
   * networks that let no UDP through, and auto tries it where QUIC does not come through.
   *
   * @throws IllegalArgumentException if the URL is none, or its file cannot be read
   */
  public MuxSocketFactory(String url) {
    ProxyUrl parsed = ProxyUrl.parse(url);
    client = SHARED.computeIfAbsent(parsed.session(), MuxSocketFactory::open);
    priority = parsed.priority();
  }

  private static TunnelClient open(ProxyUrl.Session session) {
    EventLoopGroup group = SharedLoops.group();
    QuicConfig config =
        QuicConfig.DEFAULT
            .withKeepAliveNanos(KEEP_ALIVE.toNanos())
            .withHandshakeTimeoutNanos(session.connectTimeout().toNanos());
    return new TunnelClient(
        new Http3Client(
            group,
            Connector.over(session.carriers(), group, config, tls(session)),
            session.connectTimeout()),
        session.proxy());
  }

  private static TlsClientConfig tls(ProxyUrl.Session session) {
    TlsClientConfig.Builder tls = TlsClientConfig.builder().applicationProtocols(Http3Service.ALPN);
    if (session.insecure()) {
      tls.insecureTrustAny();
    } else if (session.authorities() != null) {
      try {
        tls.trustedCertificates(Pem.certificates(session.authorities()));
      } catch (PemException e) {
        throw new IllegalArgumentException("ca: " + e.getMessage(), e);
      }
    }
    return tls.build();
  }

  /** What makes the tunnels. */
  public TunnelClient client() {
    return client;
  }

  /** A socket that is not connected yet. */
  @Override
  public TunnelSocket createSocket() throws SocketException {
    return new TunnelSocket(new SocketTunnel(client, priority));
  }

  /** A connected socket; the name is the gateway's to resolve. */
  @Override
  public TunnelSocket createSocket(String host, int port) throws IOException {
    return connected(InetSocketAddress.createUnresolved(host, port));
  }

  /** A connected socket; the local address means nothing here. */
  @Override
  public TunnelSocket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return createSocket(host, port);
  }

  @Override
  public TunnelSocket createSocket(InetAddress host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  /** A connected socket; the local address means nothing here. */
  @Override
  public TunnelSocket createSocket(
      InetAddress address, int port, InetAddress localAddress, int localPort) throws IOException {
    return createSocket(address, port);
  }

  private TunnelSocket connected(InetSocketAddress address) throws IOException {
    TunnelSocket socket = createSocket();
    socket.connect(address); // closes the socket if it fails
    return socket;
  }
}
