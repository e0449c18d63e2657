package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpException;
import dev.memux.http.HttpFields;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole gateway, asked by memux's own client over loopback. */
@Timeout(120)
final class GatewayTest {
  private static final ListenAddress ANY_PORT = new ListenAddress("127.0.0.1", 0);

  @TempDir private Path folder;

  private GatewayConfig config(Path root, ListenAddress... optional) throws IOException {
    return new GatewayConfig(
        List.of(ANY_PORT),
        List.of(optional),
        root,
        null,
        DevelopmentCertificate.loadOrCreate(
            StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
        null);
  }

  private Path root() throws IOException {
    return Files.createDirectories(folder.resolve("root"));
  }

  private static byte[] random(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  @Test
  void servesTheDemonstrationSite() throws Exception {
    try (Gateway gateway = Gateway.start(config(null));
        TestClient client = new TestClient(gateway)) {
      TestClient.Response page = client.get("/");
      assertEquals(200, page.status());
      assertEquals("text/html; charset=utf-8", page.field("content-type"));
      assertEquals("memux", page.field("server"));
      assertNotNull(HttpDate.parse(page.field("date")));
      assertArrayEquals(page.body(), client.get("/index.html?x").body());
      assertEquals("image/png", client.get("/img/tile-01.png").field("content-type"));
      assertEquals(404, client.get("/img/none.png").status());
      assertEquals(404, client.get("/../index.html").status());
    }
  }

  @Test
  void servesAHundredFilesAtOnce() throws Exception {
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      contents.add(random(1_000_000, i));
      Files.write(root().resolve("f" + i), contents.get(i));
    }
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      List<CompletableFuture<TestClient.Response>> responses = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        responses.add(client.send("GET", "/f" + i, new HttpFields()));
      }
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(contents.get(i), TestClient.await(responses.get(i)).body(), "f" + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        FileTransfer.FIRST_CHUNK_BYTES - 1,
        FileTransfer.FIRST_CHUNK_BYTES,
        FileTransfer.FIRST_CHUNK_BYTES + 1,
        3 * FileTransfer.MAX_CHUNK_BYTES + 7,
      })
  void sendsFilesOfAnySize(int size) throws Exception {
    byte[] content = random(size, size);
    Files.write(root().resolve("file.txt"), content);
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      TestClient.Response response = client.get("/file.txt");
      assertArrayEquals(content, response.body());
      assertEquals(Integer.toString(size), response.field("content-length"));
      assertEquals("text/plain; charset=utf-8", response.field("content-type"));
    }
  }

  @Test
  void knowsTheRulesOfHttp() throws Exception {
    Files.writeString(root().resolve("a.txt"), "hello");
    Files.createDirectories(root().resolve("sub"));
    Files.writeString(root().resolve("sub/index.html"), "sub");
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      TestClient.Response whole = client.get("/a.txt");
      TestClient.Response head = TestClient.await(client.send("HEAD", "/a.txt", new HttpFields()));
      assertEquals(200, head.status());
      assertEquals("5", head.field("content-length"));
      assertEquals(0, head.body().length);

      TestClient.Response refused =
          TestClient.await(client.send("POST", "/a.txt", new HttpFields()));
      assertEquals(405, refused.status());
      assertEquals("GET, HEAD", refused.field("allow"));

      HttpFields tag = new HttpFields().add("if-none-match", whole.field("etag"));
      TestClient.Response unchanged = TestClient.await(client.send("GET", "/a.txt", tag));
      assertEquals(304, unchanged.status());
      assertEquals(0, unchanged.body().length);
      assertEquals(whole.field("etag"), unchanged.field("etag"));
      assertNotNull(HttpDate.parse(whole.field("last-modified")));

      TestClient.Response redirect = client.get("/sub?x=1");
      assertEquals(308, redirect.status());
      assertEquals("/sub/?x=1", redirect.field("location"));
      assertEquals("sub", client.get("/sub/").text());

      assertEquals(404, client.get("/none").status());
      assertEquals(404, client.get("/").status());
      assertEquals(400, client.get("/..%2f..%2fetc%2fpasswd").status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersFromMemoryAsFromAFile(Asker.Version version) throws Exception {
    Files.writeString(root().resolve("a.txt"), "0123456789");
    FileTime rested = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
    Files.setLastModifiedTime(root().resolve("a.txt"), rested);
    List<List<Asker.Reply>> repliesOf = new ArrayList<>();
    for (CacheLimits cache : List.of(CacheLimits.NONE, CacheLimits.DEFAULT)) {
      try (Gateway gateway = Gateway.start(config(root()).withCache(cache));
          Asker client = version.open(gateway)) {
        client.get("/a.txt"); // from now on it is in memory
        String tag = client.get("/a.txt").fields().value("etag");
        repliesOf.add(
            List.of(
                client.get("/a.txt"),
                client.ask("HEAD", "/a.txt", Map.of(), new byte[0]),
                client.ask("GET", "/a.txt", Map.of("if-none-match", tag), new byte[0]),
                client.ask("GET", "/a.txt", Map.of("if-match", "\"x\""), new byte[0]),
                client.ask("GET", "/a.txt", Map.of("range", "bytes=3-5"), new byte[0]),
                client.ask("GET", "/a.txt", Map.of("range", "bytes=99-"), new byte[0])));
      }
    }
    for (int i = 0; i < repliesOf.getFirst().size(); i++) {
      Asker.Reply read = repliesOf.getFirst().get(i);
      Asker.Reply remembered = repliesOf.getLast().get(i);
      assertEquals(read.status(), remembered.status());
      assertEquals(read.text(), remembered.text());
      for (Asker.Reply each : List.of(read, remembered)) {
        assertNotNull(each.fields().value("date"));
        each.fields().remove("date").remove("alt-svc"); // has the port
      }
      assertEquals(read.fields().toString(), remembered.fields().toString());
    }
    assertEquals(
        List.of(200, 200, 304, 412, 206, 416),
        repliesOf.getLast().stream().map(Asker.Reply::status).toList());
    assertEquals("345", repliesOf.getLast().get(4).text());
  }

  @Test
  void sendsParts() throws Exception {
    byte[] content = random(3 * FileTransfer.FIRST_CHUNK_BYTES, 6);
    Files.write(root().resolve("file.txt"), content);
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      HttpFields one = new HttpFields().add("range", "bytes=1000-50000");
      TestClient.Response part = TestClient.await(client.send("GET", "/file.txt", one));
      assertEquals(206, part.status());
      assertEquals("bytes 1000-50000/" + content.length, part.field("content-range"));
      assertArrayEquals(Arrays.copyOfRange(content, 1000, 50_001), part.body());

      HttpFields two = new HttpFields().add("range", "bytes=-7,40000-80000,0-0");
      TestClient.Response parts = TestClient.await(client.send("GET", "/file.txt", two));
      assertEquals(206, parts.status());
      assertEquals(Integer.toString(parts.body().length), parts.field("content-length"));
      String type = parts.field("content-type");
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      String before = "--" + type.substring(type.indexOf('=') + 1);
      int[][] ranges = {{content.length - 7, content.length - 1}, {40_000, 80_000}, {0, 0}};
      for (int[] range : ranges) {
        String head =
            before
                + "\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes %d-%d/%d\r\n\r\n"
                    .formatted(range[0], range[1], content.length);
        expected.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        expected.write(content, range[0], range[1] - range[0] + 1);
        before = before.startsWith("\r\n") ? before : "\r\n" + before;
      }
      expected.writeBytes((before + "--\r\n").getBytes(StandardCharsets.US_ASCII));
      assertArrayEquals(expected.toByteArray(), parts.body());

      HttpFields none = new HttpFields().add("range", "bytes=" + content.length + "-");
      TestClient.Response refused = TestClient.await(client.send("GET", "/file.txt", none));
      assertEquals(416, refused.status());
      assertEquals("bytes */" + content.length, refused.field("content-range"));
      assertEquals("416 the file has " + content.length + " bytes\n", refused.text());
    }
  }

  @Test
  void sendsTheCodedFileThatTheClientTakes() throws Exception {
    Files.writeString(root().resolve("a.txt"), "what it is");
    Files.writeString(root().resolve("a.txt.br"), "coded");
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      HttpFields accept = new HttpFields().add("accept-encoding", "gzip, br");
      TestClient.Response coded = TestClient.await(client.send("GET", "/a.txt", accept));
      assertEquals("coded", coded.text());
      assertEquals("br", coded.field("content-encoding"));
      assertEquals("text/plain; charset=utf-8", coded.field("content-type"));
      TestClient.Response plain = client.get("/a.txt");
      assertEquals("what it is", plain.text());
      assertEquals("accept-encoding", plain.field("vary"));
      assertNull(plain.field("content-encoding"));
      assertNotEquals(plain.field("etag"), coded.field("etag"));
    }
  }

  @Test
  void refusesConditionsThatFail() throws Exception {
    Files.writeString(root().resolve("a.txt"), "a");
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      HttpFields other = new HttpFields().add("if-match", "\"other\"");
      TestClient.Response refused = TestClient.await(client.send("GET", "/a.txt", other));
      assertEquals(412, refused.status());
      assertEquals("412 the file is not what you expect\n", refused.text());
      assertEquals(404, TestClient.await(client.send("GET", "/none", other)).status());
    }
  }

  @Test
  void resetsAResponseWhoseFileChanged() throws Exception {
    Path file = root().resolve("changing");
    Files.write(file, random(64 << 20, 1));
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      CompletableFuture<TestClient.Response> response = client.sendAndPauseAfterHead("/changing");
      client.awaitHead();
      try (RandomAccessFile changing = new RandomAccessFile(file.toFile(), "rw")) {
        changing.seek((64 << 20) - 1);
        changing.write(1);
      }
      client.resume();
      assertInstanceOf(HttpException.StreamReset.class, TestClient.failure(response));
    }
  }

  @Test
  void resetsAResponseWhoseFileBecameShorter() throws Exception {
    Path file = root().resolve("shrinking");
    Files.write(file, random(64 << 20, 1));
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      CompletableFuture<TestClient.Response> response = client.sendAndPauseAfterHead("/shrinking");
      client.awaitHead();
      try (RandomAccessFile shrinking = new RandomAccessFile(file.toFile(), "rw")) {
        shrinking.setLength(100);
      }
      client.resume();
      HttpException failure = assertInstanceOf(HttpException.class, TestClient.failure(response));
      assertInstanceOf(HttpException.StreamReset.class, failure);
    }
  }

  @Test
  void letsAnAnswerFinishWhenItStops() throws Exception {
    byte[] content = random(8_000_000, 5);
    Files.write(root().resolve("big"), content);
    try (Gateway gateway = Gateway.start(config(root()));
        TestClient client = new TestClient(gateway)) {
      CompletableFuture<TestClient.Response> response = client.sendAndPauseAfterHead("/big");
      client.awaitHead();
      Thread drain = Thread.startVirtualThread(() -> gateway.drain(Duration.ofSeconds(60)));
      client.resume();
      assertArrayEquals(content, TestClient.await(response).body());
      drain.join(Duration.ofSeconds(20));
      assertFalse(drain.isAlive());
      assertEquals(0, gateway.connectionCount());
    }
  }

  @Test
  void saysThatAnAddressIsTaken() throws Exception {
    try (Gateway gateway = Gateway.start(config(null))) {
      int port = gateway.addresses().getFirst().getPort();
      GatewayConfig same =
          new GatewayConfig(
              List.of(new ListenAddress("127.0.0.1", port)),
              List.of(),
              null,
              null,
              config(null).credentials(),
              null);
      IOException failure = assertThrows(IOException.class, () -> Gateway.start(same));
      assertTrue(
          failure.getMessage().startsWith("cannot listen on 127.0.0.1:" + port + ": "),
          failure.getMessage());
    }
  }

  @Test
  void servesWithoutAnAddressThatIsOptional() throws Exception {
    try (Gateway gateway =
        Gateway.start(config(null, new ListenAddress("192.0.2.1", 8443)))) { // RFC 5737
      assertEquals(1, gateway.addresses().size());
      assertEquals(1, gateway.unavailable().size());
      assertTrue(
          gateway.unavailable().getFirst().startsWith("cannot listen on 192.0.2.1:8443: "),
          gateway.unavailable().getFirst());
    }
  }

  @Test
  void saysThatTheFolderIsNone() throws Exception {
    GatewayConfig config = config(folder.resolve("none"));
    assertThrows(IOException.class, () -> Gateway.start(config));
    assertNull(config.keyLog());
  }
}
