package dev.memux.gateway;

import dev.memux.http.RequestHandler;
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

/** The demonstration site that is part of the gateway, held in memory. */
final class EmbeddedSite implements RequestHandler {
  private static final String FOLDER = "site/";
  private static final String CONTENTS = "contents.txt";

  private final Map<String, Resource> byPath;

  private EmbeddedSite(Map<String, Resource> byPath) {
    this.byPath = byPath;
  }

  /** Reads the site from the class path. */
  static EmbeddedSite load() throws IOException {
    Map<String, Resource> byPath = new HashMap<>();
    for (String name : contents()) {
      byPath.put("/" + name, new Resource(ContentType.of(name), read(name)));
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
    String path = exchange.request().path();
    int query = path.indexOf('?');
    Resource resource = byPath.get(query < 0 ? path : path.substring(0, query));
    if (resource == null) {
      Answers.refuse(exchange, 404, "there is nothing here");
      return;
    }
    DefaultPriority.apply(exchange, resource.contentType);
    exchange.respond(
        Answers.head(200)
            .with("content-type", resource.contentType)
            // Whoever loads the page again wants to see the transfer again.
            .with("cache-control", "no-store"),
        Unpooled.wrappedBuffer(resource.content));
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

  private static byte[] read(String name) throws IOException {
    try (InputStream in = open(name)) {
      return in.readAllBytes();
    }
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

    Resource(String contentType, byte[] content) {
      this.contentType = contentType;
      this.content = content;
    }
  }
}
