package dev.memux.http.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.MuxException;
import dev.memux.netty.QuicServer;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The guide shows code that compiles and works. */
@Timeout(60)
class NettyGuideTest {
  private static final Path GUIDE = Path.of("../docs/netty.md");
  private static final Path EXAMPLES =
      Path.of("src/test/java/dev/memux/http/guide/GuideExamples.java");

  /** A Java block, with the name that the comment before it gives. */
  private static final Pattern BLOCK =
      Pattern.compile("(?:<!-- example: (\\S+) -->\n)?```java\n(.*?)```", Pattern.DOTALL);

  private static final Pattern REGION =
      Pattern.compile("// region (\\S+)\n(.*?)\n *// endregion", Pattern.DOTALL);

  @Test
  void theGuidesCodeIsTheExamplesCode() throws Exception {
    Map<String, String> regions = new LinkedHashMap<>();
    Matcher region = REGION.matcher(Files.readString(EXAMPLES));
    while (region.find()) {
      regions.put(region.group(1), region.group(2).stripTrailing().stripIndent().strip());
    }
    Set<String> shown = new HashSet<>();
    Matcher block = BLOCK.matcher(Files.readString(GUIDE));
    while (block.find()) {
      assertNotNull(block.group(1), "a block without a name: " + block.group(2));
      assertEquals(regions.get(block.group(1)), block.group(2).strip(), block.group(1));
      shown.add(block.group(1));
    }
    assertEquals(regions.keySet(), shown);
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
