package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.TunnelClient.Version;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tunnels that there are not, and why: RFC 9110 §9.3.6, RFC 9209. */
@Timeout(60)
final class TunnelRefusalTest extends TunnelScenario {
  @ParameterizedTest
  @EnumSource
  void refusesWhatIsNotAllowed(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .allow("db.example:5432")
                    .allow("127.0.0.1:1-9")
                    .target(target(backend)));
        TunnelClient client = version.open(gateway)) {
      for (String authority :
          List.of("127.0.0.1:" + backend.port(), "other.example:5432", "db.example:5433")) {
        TunnelClient.End end = client.ask(authority);
        assertEquals(403, end.status());
        assertEquals("403 tunnels to " + authority + " are not allowed\n", end.readAll());
        // RFC 9209 §2.3.24
        assertTrue(end.field("proxy-status").startsWith("memux; error=http_request_denied;"));
        TunnelSummary summary = summary();
        assertEquals(TunnelSummary.End.REFUSED, summary.end());
        assertEquals(403, summary.status());
      }
      assertEquals(0, backend.connections.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNameDoesNotLeadToThisMachine(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(TunnelScenario::echo);
        Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("localhost:" + backend.port());
      assertEquals(403, end.status());
      assertTrue(end.field("proxy-status").contains("error=destination_ip_prohibited;"));
      assertEquals(0, backend.connections.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesAuthoritiesThatAreNone(Version version) throws Exception {
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*").allow("127.0.0.0/8:*"));
        TunnelClient client = version.open(gateway)) {
      for (String authority :
          List.of("host", "host:", "host:0", "host:65536", "127.1:80", "::1:80", "[::1:80")) {
        TunnelClient.End end = client.ask(authority);
        assertEquals(400, end.status(), authority);
        assertTrue(end.readAll().startsWith("400 "), authority);
      }
      // RFC 9114 §4.3.1, RFC 9113 §8.3.1: these make the request malformed, an error of its stream.
      for (String authority : List.of("user@host:80", "host:80/path", "ho st:80")) {
        TunnelClient.End end = client.ask(authority);
        long code = end.reset();
        assertTrue(code == 0x10e || code == 1, authority + ": " + code);
      }
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsThatNobodyListens(Version version) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("localhost:*"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("localhost:" + port);
      assertEquals(502, end.status());
      assertEquals("502 localhost:" + port + " refuses the connection\n", end.readAll());
      assertTrue(end.field("proxy-status").contains("error=connection_refused;"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsThatThereIsNoSuchHost(Version version) throws Exception {
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("no-such-host.invalid:80"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("no-such-host.invalid:80");
      assertEquals(502, end.status());
      assertTrue(end.field("proxy-status").contains("error=dns_error;"));
    }
  }

  @Test
  void tellsThatABackendDoesNotAnswer() throws Exception {
    // RFC 5737: nobody is there. Some networks say so at once.
    try (Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target("far=192.0.2.1:80")
                    .connectTimeout(Duration.ofMillis(300)));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      int status = client.ask("far").status();
      assertTrue(status == 504 || status == 502, "" + status);
    }
  }

  @Test
  void thereAreNoTunnelsByHttp1() throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        Socket socket =
            tls.getSocketFactory()
                .createSocket("127.0.0.1", gateway.addresses().getFirst().getPort())) {
      String request = "CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 501 "), answer);
    }
  }

  @ParameterizedTest
  @EnumSource
  void otherRequestsAreStillTheSites(Version version) throws Exception {
    Asker.Version same = version != Version.HTTP_2 ? Asker.Version.HTTP_3 : Asker.Version.HTTP_2;
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        Asker asker = same.open(gateway)) {
      assertEquals(200, asker.get("/").status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutTunnelsTheSiteRefusesThem(Version version) throws Exception {
    try (Gateway gateway =
            Gateway.start(
                new GatewayConfig(
                    List.of(new ListenAddress("127.0.0.1", 0)),
                    List.of(),
                    null,
                    null,
                    DevelopmentCertificate.loadOrCreate(
                        StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
                    null));
        TunnelClient client = version.open(gateway)) {
      assertEquals(405, client.ask("localhost:80").status());
    }
  }
}
