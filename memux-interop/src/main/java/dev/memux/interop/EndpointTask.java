package dev.memux.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an endpoint of ours on another's library is told, in the way that {@code memux interop} is.
 */
final class EndpointTask {
  private final Map<String, String> options = new HashMap<>();

  /**
   * Reads the arguments.
   *
   * @param arguments the role, then options with their values
   */
  EndpointTask(String[] arguments) {
    options.put("role", arguments[0]);
    for (String argument : List.of(arguments).subList(1, arguments.length)) {
      int equals = argument.indexOf('=');
      options.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
  }

  private String option(String name) {
    String value = options.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  boolean isServer() {
    return option("role").equals("server");
  }

  String testCase() {
    return System.getenv("TESTCASE");
  }

  String protocol() {
    return option("--alpn");
  }

  Path www() {
    return Path.of(option("--www"));
  }

  Path certificates() {
    return Path.of(option("--certs"));
  }

  Path downloads() {
    return Path.of(option("--downloads"));
  }

  /** Where a server listens. */
  InetSocketAddress listen() throws UnknownHostException {
    return address(URI.create("https://" + option("--listen")));
  }

  /** Where a client connects to. */
  InetSocketAddress server() throws UnknownHostException {
    return address(urls().getFirst());
  }

  private static InetSocketAddress address(URI uri) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(uri.getHost()), uri.getPort());
  }

  List<URI> urls() {
    return Stream.of(System.getenv("REQUESTS").split(" ")).map(URI::create).toList();
  }

  /** The URLs of each connection, one connection after the other. */
  List<List<URI>> connections() {
    List<URI> all = urls();
    return switch (testCase()) {
      case "resumption", "zerortt" -> List.of(all.subList(0, 1), all.subList(1, all.size()));
      case "multiconnect" -> all.stream().map(List::of).toList();
      default -> List.of(all);
    };
  }

  /** Where the content of a URL goes. */
  Path target(URI url) {
    return downloads().resolve(url.getPath().substring(1));
  }

  /**
   * The file that a path names.
   *
   * @throws IOException if it leads out of the folder
   */
  Path file(String path) throws IOException {
    Path file = www().resolve(path.substring(1)).normalize();
    if (!file.startsWith(www())) {
      throw new IOException(path + " is not served");
    }
    return file;
  }
}
