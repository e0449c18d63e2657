package dev.memux.http.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.MuxException;
import dev.memux.netty.QuicServer;
import dev.memux.tls.Pem;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The guide shows code that compiles and works. */
@Timeout(60)
class NettyGuideTest {
  @Test
  void theGuidesCodeIsTheExamplesCode() throws Exception {
    ShownCode.assertComesFrom(GuideExamples.class, Path.of("../docs/netty.md"));
  }

  @Test
  void theExamplesWork() throws Exception {
    Path certificate = resource("localhost-cert.pem");
    Path key = resource("localhost-key.pem");
    EventLoopGroup loops = GuideExamples.loops();
    QuicServer echo = GuideExamples.server(loops, certificate, key);
    QuicServer hello = GuideExamples.http3Server(loops, certificate, key);
    for (String host : List.of("127.0.0.1", "::1")) {
      assertEquals("hello", GuideExamples.client(loops, address(host, echo), certificate));
      assertEquals("hello", GuideExamples.http3Client(loops, address(host, hello), certificate));
    }
    assertEquals(
        "echo",
        GuideExamples.overTcp(
            loops,
            TlsServerConfig.builder()
                .credentials(TlsCredentials.fromPem(certificate, key))
                .applicationProtocols("echo")
                .build(),
            TlsClientConfig.builder()
                .trustedCertificates(Pem.certificates(certificate))
                .applicationProtocols("echo")
                .build()));
    assertEquals(42, GuideExamples.datagram(loops, certificate, key));
    hello.close().sync();
    GuideExamples.stop(echo, loops);
    assertTrue(echo.closeFuture().isSuccess());
    assertEquals("no answer in time", GuideExamples.failure(new MuxException.Timeout("late")));
  }

  private static InetSocketAddress address(String host, QuicServer server) {
    return new InetSocketAddress(InetAddress.ofLiteral(host), server.localAddress().getPort());
  }

  private static Path resource(String name) throws Exception {
    return Path.of(NettyGuideTest.class.getResource("/dev/memux/http/" + name).toURI());
  }
}
