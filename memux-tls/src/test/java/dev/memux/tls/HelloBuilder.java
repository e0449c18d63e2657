package dev.memux.tls;

import static dev.memux.tls.Messages.extension;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.u16;
import static dev.memux.tls.Messages.vector16;
import static dev.memux.tls.Messages.vector8;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A ClientHello written without the code under test, good unless told otherwise. */
final class HelloBuilder {
  static final int SERVER_NAME = 0;
  static final int GROUPS = 10;
  static final int SIGNATURE_ALGORITHMS = 13;
  static final int ALPN = 16;
  static final int PRE_SHARED_KEY = 41;
  static final int VERSIONS = 43;
  static final int PSK_MODES = 45;
  static final int SIGNATURE_ALGORITHMS_CERT = 50;
  static final int KEY_SHARE = 51;
  static final int TRANSPORT_PARAMETERS = 57;

  int legacyVersion = 0x0303;
  byte[] random = new byte[32];
  byte[] sessionId = {};
  int[] suites = {0x1301, 0x1302, 0x1303};
  byte[] compression = {0};
  final Map<Integer, byte[]> extensions = new LinkedHashMap<>();
  final List<byte[]> more = new ArrayList<>();
  byte[] tail = {};

  HelloBuilder() {
    extensions.put(SERVER_NAME, serverNames(name(0, "server.test")));
    groups(0x001d, 0x0017);
    signatureSchemes(0x0403, 0x0804, 0x0805, 0x0806, 0x0503, 0x0807, 0x0401);
    applicationProtocols("h3");
    extensions.put(VERSIONS, vector8(u16(0x0304)));
    keyShares(x25519Share());
    extensions.put(TRANSPORT_PARAMETERS, new byte[] {1, 2, 3});
  }

  HelloBuilder groups(int... groups) {
    extensions.put(GROUPS, vector16(u16(groups)));
    return this;
  }

  HelloBuilder signatureSchemes(int... schemes) {
    extensions.put(SIGNATURE_ALGORITHMS, vector16(u16(schemes)));
    return this;
  }

  HelloBuilder certificateSchemes(int... schemes) {
    extensions.put(SIGNATURE_ALGORITHMS_CERT, vector16(u16(schemes)));
    return this;
  }

  HelloBuilder applicationProtocols(String... names) {
    byte[] list = {};
    for (String name : names) {
      list = join(list, vector8(name.getBytes(StandardCharsets.ISO_8859_1)));
    }
    extensions.put(ALPN, vector16(list));
    return this;
  }

  HelloBuilder keyShares(byte[]... shares) {
    extensions.put(KEY_SHARE, vector16(shares));
    return this;
  }

  HelloBuilder with(int extension, byte[]... value) {
    extensions.put(extension, join(value));
    return this;
  }

  HelloBuilder without(int extension) {
    extensions.remove(extension);
    return this;
  }

  /** An extension at the end, also one that is already there. */
  HelloBuilder adding(int extension, byte[]... value) {
    more.add(extension(extension, value));
    return this;
  }

  HelloBuilder legacyVersion(int version) {
    legacyVersion = version;
    return this;
  }

  HelloBuilder suites(int... codes) {
    suites = codes;
    return this;
  }

  HelloBuilder sessionId(byte... id) {
    sessionId = id;
    return this;
  }

  HelloBuilder compression(byte... methods) {
    compression = methods;
    return this;
  }

  HelloBuilder tail(byte... bytes) {
    tail = bytes;
    return this;
  }

  byte[] build() {
    byte[] block = {};
    for (Map.Entry<Integer, byte[]> e : extensions.entrySet()) {
      block = join(block, extension(e.getKey(), e.getValue()));
    }
    for (byte[] extension : more) {
      block = join(block, extension);
    }
    return Messages.message(
        1,
        join(
            u16(legacyVersion),
            random,
            vector8(sessionId),
            vector16(u16(suites)),
            vector8(compression),
            vector16(block),
            tail));
  }

  static byte[] share(int group, byte[] key) {
    return join(u16(group), vector16(key));
  }

  static byte[] x25519Share() {
    return share(
        0x001d,
        KeyExchange.generate(NamedGroup.X25519, HandshakeCrypto.JDK, new SeededRandom(9)).share());
  }

  static byte[] p256Share() {
    return share(
        0x0017,
        KeyExchange.generate(NamedGroup.SECP256R1, HandshakeCrypto.JDK, new SeededRandom(9))
            .share());
  }

  static byte[] name(int type, String name) {
    return join(new byte[] {(byte) type}, vector16(name.getBytes(StandardCharsets.ISO_8859_1)));
  }

  static byte[] serverNames(byte[]... names) {
    return vector16(names);
  }
}
