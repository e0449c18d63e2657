package dev.memux.interop;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * What one end has to do.
 *
 * @param protocol the application's, as in the TLS handshake
 * @param folder has what both ends need, and takes what they leave
 * @param names of the files
 * @param address where the server listens, or the client connects to
 */
record Job(
    TestCase testCase,
    String protocol,
    Path folder,
    List<String> names,
    InetSocketAddress address) {
  Path www() {
    return folder.resolve("www");
  }

  Path downloads() {
    return folder.resolve("downloads");
  }

  Path certificates() {
    return folder.resolve("certs");
  }

  /** Where an end writes its secrets. */
  Path keyLog(String role) {
    return folder.resolve(role + ".keys");
  }

  /** Where an end's output goes. */
  Path log(String role) {
    return folder.resolve(role + ".log");
  }

  /** The address's host as URLs have it. */
  String host() {
    String literal = address.getAddress().getHostAddress();
    return address.getAddress() instanceof Inet6Address ? "[" + literal + "]" : literal;
  }

  String authority() {
    return host() + ":" + address.getPort();
  }

  String url(String name) {
    return "https://" + authority() + "/" + name;
  }

  List<String> urls() {
    return names.stream().map(this::url).toList();
  }
}
