package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nothing here needs, finds or loads Netty's native QUIC library. */
class NoNativeQuicTest {
  @Test
  void noLibraryIsOnTheClassPath() {
    assertFalse(System.getProperty("java.class.path").contains("netty-codec-native-quic"));
    for (String name : List.of("linux_x86_64.so", "linux_aarch_64.so", "osx_aarch_64.jnilib")) {
      String library = "META-INF/native/libnetty_quiche42_" + name;
      assertNull(getClass().getClassLoader().getResource(library));
    }
  }

  @Test
  void noChannelTouchesTheClassThatLoadsIt() throws Exception {
    for (IoTransport transport : List.of(IoTransport.NIO, IoTransport.preferred())) {
      useHttp3(transport);
    }
    Path mapped = Path.of("/proc/self/maps");
    if (Files.exists(mapped)) {
      assertEquals(
          List.of(),
          Files.readAllLines(mapped).stream().filter(m -> m.contains("quiche")).toList());
    }
    // Had anything tried before, the class would be broken by now: NoClassDefFoundError.
    assertThrows(
        UnsatisfiedLinkError.class,
        () -> Class.forName("io.netty.handler.codec.quic.QuicConnectionAddress"));
  }

  private static void useHttp3(IoTransport transport) throws Exception {
    String protocol = Http3.supportedApplicationProtocols()[0];
    try (Loopback loopback = new Loopback(transport)) {
      QuicServer server =
          Loopback.get(
              loopback
                  .server(protocol)
                  .childHandler(
                      Loopback.initializer(
                          channel ->
                              channel
                                  .pipeline()
                                  .addLast(new Http3ServerConnectionHandler(new Recorder()))))
                  .bind(Loopback.anyPort()));
      MuxQuicChannel client =
          Loopback.connect(
              loopback
                  .client(Loopback.clientTls(protocol))
                  .handler(Loopback.initializer(Http3ClientConnectionHandler::new)),
              server);
      QuicStreamChannel request =
          Loopback.get(Http3.newRequestStreamBootstrap(client, new Recorder()).create());
      assertNull(client.localAddress());
      assertNull(client.remoteAddress());
      assertNotNull(client.toString());
      assertNotNull(request.toString());
      request.close().sync();
      client.close(true, 0x100, Unpooled.EMPTY_BUFFER).sync();
      Loopback.get(server.close());
    }
  }
}
