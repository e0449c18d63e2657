package dev.memux.cli;

import dev.memux.gateway.Gateway;
import dev.memux.gateway.GatewayConfig;
import dev.memux.gateway.SpkiHash;
import dev.memux.http.Origin;
import java.io.PrintStream;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** What a gateway says when it is ready: where it is and what is worth trying. */
final class Invitation {
  private Invitation() {}

  /**
   * Prints it.
   *
   * @param development whether the certificate is the one that 'memux get' trusts by itself
   */
  static void print(
      PrintStream out,
      Gateway gateway,
      GatewayConfig config,
      Path certificateFile,
      boolean development) {
    Origin origin = origin(gateway);
    String url = "https://" + origin + "/";
    String hash = SpkiHash.of(config.credentials().chain().getFirst());
    String listening =
        gateway.addresses().stream()
            .map(address -> Origin.of(address).toString())
            .collect(Collectors.joining(", "));
    out.println(
        "memux "
            + Version.number()
            + " serves "
            + (config.root() == null ? "its demonstration site" : config.root())
            + " at "
            + url);
    out.println();
    out.println("  listening  " + listening + " (UDP: HTTP/3; TCP: HTTP/2, HTTP/1.1)");
    out.println("  cert       " + certificateFile);
    out.println("  SPKI hash  " + hash);
    out.println();
    out.println("Try:");
    String get = "  ./memux get " + (development ? "" : "--cacert " + certificateFile + " ");
    out.println(get + url);
    if (config.root() == null) {
      out.println(get + "--json " + url + "img/tile-01.png " + url + "img/tile-02.png");
    }
    out.println(
        "  chromium --user-data-dir=$(mktemp -d) --origin-to-force-quic-on="
            + origin
            + " --ignore-certificate-errors-spki-list="
            + hash
            + " "
            + url);
    out.println("  curl --cacert " + certificateFile + " " + url);
    out.println();
    out.println("ready (Ctrl-C stops)");
    out.flush();
  }

  /**
   * By which name to ask for what listens. Browsers try one address of localhost only, so that it
   * will do where both families are served.
   */
  private static Origin origin(Gateway gateway) {
    InetSocketAddress first = gateway.addresses().getFirst();
    boolean four = servesLoopback(gateway, first.getPort(), Inet4Address.class);
    boolean six = servesLoopback(gateway, first.getPort(), Inet6Address.class);
    if (four && six) {
      return new Origin("localhost", first.getPort());
    }
    String address =
        first.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress().getHostAddress()
            : first.getAddress().getHostAddress();
    return new Origin(address, first.getPort());
  }

  private static boolean servesLoopback(
      Gateway gateway, int port, Class<? extends InetAddress> family) {
    return gateway.addresses().stream()
        .filter(bound -> bound.getPort() == port)
        .map(InetSocketAddress::getAddress)
        .anyMatch(
            address ->
                // The IPv6 wildcard takes IPv4 too.
                (address.isAnyLocalAddress() && address instanceof Inet6Address)
                    || (family.isInstance(address)
                        && (address.isLoopbackAddress() || address.isAnyLocalAddress())));
  }
}
