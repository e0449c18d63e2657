package dev.memux.gateway;

import dev.memux.http.RequestHandler;
import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The demonstration site that is part of the gateway, held in memory. It tells its page how each
 * answer was sent: its priority in a field, the order of delivery in a resource of its own.
 */
final class EmbeddedSite implements RequestHandler {
  private static final String FOLDER = "site/";
  private static final String CONTENTS = "contents.txt";

  /** The page asks there: {@code ?from=NUMBER}. */
  private static final String DELIVERED = "/delivered.json";

  private static final Pattern FROM = Pattern.compile("from=(\\d{1,18})");

  private final Map<String, Resource> byPath;
  private final DeliveryLog deliveries = new DeliveryLog();

  private EmbeddedSite(Map<String, Resource> byPath) {
    this.byPath = byPath;
  }

  /** Reads the site from the class path. */
  static EmbeddedSite load() throws IOException {
    Map<String, Resource> byPath = new HashMap<>();
    for (String name : contents()) {
      byPath.put("/" + name, Resource.read(name));
    }
    Resource index = byPath.get("/index.html");
    if (index == null) {
      throw new IOException("the embedded site has no index.html");
    }
    byPath.put("/", index);
    return new EmbeddedSite(Map.copyOf(byPath));
  }

  @Override
  public void handle(ServerExchange exchange) {
    if (!Answers.isRead(exchange)) {
      Answers.refuseMethod(exchange);
      return;
    }
    String target = exchange.request().path();
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    Resource resource = byPath.get(path);
    if (resource != null) {
      send(exchange, resource);
    } else if (path.equals(DELIVERED)) {
      tellDeliveries(exchange, mark < 0 ? "" : target.substring(mark + 1));
    } else {
      Answers.refuse(exchange, 404, "there is nothing here");
    }
  }

  private void send(ServerExchange exchange, Resource resource) {
    DefaultPriority.apply(exchange, resource.contentType);
    long number = deliveries.begin();
    ResponseHead head =
        head(resource.contentType).with(ServerTiming.NAME, ServerTiming.of(exchange, number));
    byte[] content = resource.content;
    if (resource.gzipped != null) {
      head.with("vary", "accept-encoding"); // RFC 9110 §12.5.5
      if (prefersGzip(exchange)) {
        head.with("content-encoding", ContentCoding.GZIP.token());
        content = resource.gzipped;
      }
    }
    exchange.onDelivered(() -> deliveries.onDelivered(number));
    exchange.respond(head, Unpooled.wrappedBuffer(content));
  }

  private void tellDeliveries(ServerExchange exchange, String query) {
    Matcher from = FROM.matcher(query);
    String json = deliveries.toJson(from.matches() ? Long.parseLong(from.group(1)) : 0);
    exchange.respond(
        head("application/json"), Unpooled.copiedBuffer(json, StandardCharsets.US_ASCII));
  }

  private static ResponseHead head(String contentType) {
    return Answers.head(200)
        .with("content-type", contentType)
        // Whoever loads the page again wants to see the transfer again.
        .with("cache-control", "no-store");
  }

  private static boolean prefersGzip(ServerExchange exchange) {
    AcceptEncoding accepted =
        AcceptEncoding.parse(exchange.request().fields().combined("accept-encoding"));
    int quality = accepted.quality(ContentCoding.GZIP);
    return quality > 0 && quality >= accepted.quality(ContentCoding.IDENTITY);
  }

  /** How many resources there are. */
  int size() {
    return byPath.size() - 1; // the index has two paths
  }

  private static List<String> contents() throws IOException {
    List<String> names = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(open(CONTENTS), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        names.add(line);
      }
    }
    return names;
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = EmbeddedSite.class.getResourceAsStream(FOLDER + name);
    if (in == null) {
      throw new IOException("the embedded site lacks " + name);
    }
    return in;
  }

  private static final class Resource {
    private final String contentType;
    private final byte[] content;
    private final byte @Nullable [] gzipped;

    private Resource(String contentType, byte[] content, byte @Nullable [] gzipped) {
      this.contentType = contentType;
      this.content = content;
      this.gzipped = gzipped;
    }

    static Resource read(String name) throws IOException {
      try (InputStream in = open(name);
          InputStream coded =
              EmbeddedSite.class.getResourceAsStream(FOLDER + name + ContentCoding.GZIP.suffix())) {
        return new Resource(
            ContentType.of(name), in.readAllBytes(), coded == null ? null : coded.readAllBytes());
      }
    }
  }
}
