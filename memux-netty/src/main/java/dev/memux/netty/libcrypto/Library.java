package dev.memux.netty.libcrypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The libcrypto of this process: found once, and never let go. */
@SuppressWarnings("restricted")
final class Library {
  /** In OpenSSL 3 and 1.1.1, as the system's loader finds them. */
  private static final List<String> NAMES =
      List.of("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib");

  /** What all of them have, and other libraries of that name may not. */
  private static final List<String> SYMBOLS =
      List.of(
          "OpenSSL_version",
          "EVP_CIPHER_CTX_new",
          "EVP_CIPHER_CTX_free",
          "EVP_CIPHER_CTX_ctrl",
          "EVP_CipherInit_ex",
          "EVP_CipherUpdate",
          "EVP_CipherFinal_ex",
          "EVP_aes_128_gcm",
          "EVP_aes_256_gcm",
          "EVP_chacha20_poly1305",
          "EVP_chacha20");

  private static @Nullable SymbolLookup found;

  private Library() {}

  /**
   * Finds it; to be called before anything else of this package.
   *
   * @param path of the file; empty: the system's
   * @throws UnsupportedOperationException with a reason for people, if there is none that fits
   */
  static synchronized void find(String path) {
    found = lookup(path);
  }

  static SymbolLookup lookup(String path) {
    if (!Library.class.getModule().isNativeAccessEnabled()) {
      throw new UnsupportedOperationException("native access is not enabled");
    }
    SymbolLookup lookup = path.isEmpty() ? system() : load(path).orElse(null);
    String name = path.isEmpty() ? "libcrypto" : path;
    if (lookup == null) {
      throw new UnsupportedOperationException(name + " cannot be loaded");
    }
    for (String symbol : SYMBOLS) {
      if (lookup.find(symbol).isEmpty()) {
        throw new UnsupportedOperationException(name + " has no " + symbol);
      }
    }
    return lookup;
  }

  private static @Nullable SymbolLookup system() {
    return NAMES.stream().flatMap(name -> load(name).stream()).findFirst().orElse(null);
  }

  private static Optional<SymbolLookup> load(String nameOrPath) {
    try {
      return Optional.of(SymbolLookup.libraryLookup(nameOrPath, Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static synchronized MemorySegment symbol(String name) {
    if (found == null) {
      throw new IllegalStateException("no libcrypto");
    }
    return found.findOrThrow(name);
  }
}
