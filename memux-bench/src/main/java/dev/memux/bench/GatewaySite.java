package dev.memux.bench;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.gateway.Gateway;
import dev.memux.gateway.GatewayConfig;
import dev.memux.gateway.ListenAddress;
import dev.memux.tls.TlsCredentials;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What {@code memux gateway --root} runs, on a folder with the one file. */
record GatewaySite(Gateway gateway, Path root, Path file) implements Contender.Server {
  static GatewaySite start(Setting setting) throws IOException {
    Path root = Files.createTempDirectory("memux-bench-root");
    Path file = root.resolve(Http3Application.FILE);
    Files.write(file, new byte[Http3Application.FILE_BYTES]);
    Gateway gateway =
        Gateway.start(
            new GatewayConfig(
                    List.of(
                        new ListenAddress(InetAddress.getLoopbackAddress().getHostAddress(), 0)),
                    List.of(),
                    root,
                    null,
                    TlsCredentials.fromPem(
                        setting.credentials().chain(), setting.credentials().key()),
                    null)
                .withQuic(QuicConfig.DEFAULT.withMaxDatagramBytes(setting.packetBytes())));
    return new GatewaySite(gateway, root, file);
  }

  @Override
  public int port() {
    return gateway.addresses().getFirst().getPort();
  }

  @Override
  public void close() throws IOException {
    gateway.close();
    Files.delete(file);
    Files.delete(root);
  }
}
